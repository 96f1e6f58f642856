package bpfiter

// descriptorLen is what the program writes for each descriptor: the inode of a
// socket in 8 bytes, that of a namespace with the highest bit set, or 0 for
// what may be an io_uring; the PID (of the first namespace) in 4; the
// descriptor in 4; the inode of a socket's network namespace in 4, and 4 of zeros.
const (
	descriptorLen = 24
	namespaceMark = 1 << 63
)

// special is how files that are in no folder are recognised. Files without a name are on
// one device, and those that need no inode of their own share one; an io_uring has its
// own.
type special struct{ device, inode, namespaces int32 } // namespaces: the device of those

// fileProgram is the iterator's body in BPF instructions (linux/bpf.h; the
// context is struct bpf_iter__task_file of kernel/bpf/task_iter.c):
//
//	seq = meta->seq;
//	record.fd = fd;
//	if (!file || !task)
//		return 0;
//	bpf_probe_read_kernel(&inode, 8, &file->f_inode);
//	bpf_probe_read_kernel(&record.inode, 8, &inode->i_ino);
//	sock = bpf_sock_from_file(file);
//	if (sock) {
//		bpf_probe_read_kernel(&p, 8, &sock->sk);
//		bpf_probe_read_kernel(&p, 8, &p->__sk_common.skc_net);
//		bpf_probe_read_kernel(&record.netns, 4, &p->ns.inum);
//	} else {
//		if (record.inode == special.inode)
//			return 0;
//		bpf_probe_read_kernel(&p, 8, &inode->i_sb);
//		bpf_probe_read_kernel(&p, 4, &p->s_dev);
//		if ((u32)p == special.device)
//			record.inode = 0;
//		else if ((u32)p == special.namespaces)
//			record.inode |= 1ULL << 63;
//		else
//			return 0;
//	}
//	record.pid = task->tgid;
//	bpf_seq_write(seq, &record, sizeof(record));
//	return 0;
func fileProgram(l layout, s special) []byte {
	const (
		buffer, file, task = 6, 7, 8 // registers that calls keep

		// On the stack: the record, and below it pointers.
		recordInode, recordPID, recordFD, recordNetNS = -24, -16, -12, -8
		inode, pointer                                = -32, -40
	)
	var a assembler
	a.begin(buffer)
	a.emit(moveNumber, 2, 0, 0, 0)
	a.emit(storeLong, stack, 2, recordNetNS, 0)
	a.emit(loadLong, task, 1, 8, 0)
	a.emit(loadWord, 2, 1, 16, 0)
	a.emit(storeWord, stack, 2, recordFD, 0)
	a.emit(loadLong, file, 1, 24, 0)
	a.jump(jumpIfEqual, file, 0, "end")
	a.jump(jumpIfEqual, task, 0, "end")
	a.read(inode, 8, file, l.fileInode)
	a.follow(recordInode, 8, inode, l.inodeNo)
	a.emit(moveReg, 1, file, 0, 0)
	a.emit(call, 0, 0, 0, callSockFromFile)
	a.jump(jumpIfEqual, 0, 0, "no socket")
	if l.sockNet {
		a.read(pointer, 8, 0, l.socketSock)
		a.follow(pointer, 8, pointer, l.sockCommon+l.commonNet)
		a.follow(recordNetNS, 4, pointer, l.netCommon+l.commonInode)
	}
	a.emit(moveNumber, 2, 0, 0, 1)
	a.jump(jumpIfOther, 2, 0, "write") // always
	a.label("no socket")
	a.emit(loadLong, 1, stack, recordInode, 0)
	a.jump(jumpIfEqual, 1, s.inode, "end")
	a.follow(pointer, 8, inode, l.inodeSuper)
	a.follow(pointer, 4, pointer, l.superDevice)
	a.emit(loadWord, 2, stack, pointer, 0)
	a.emit(moveNumber, 1, 0, 0, 0)
	a.jump(jumpIfEqual, 2, s.device, "store")
	a.jump(jumpIfOther, 2, s.namespaces, "end")
	a.emit(moveNumber, 1, 0, 0, 1)
	a.emit(shiftNumber, 1, 0, 0, 63)
	a.emit(loadLong, 2, stack, recordInode, 0)
	a.emit(orReg, 1, 2, 0, 0)
	a.label("store")
	a.emit(storeLong, stack, 1, recordInode, 0)
	a.label("write")
	a.emit(loadWord, 1, task, int16(l.taskTGID), 0)
	a.emit(storeWord, stack, 1, recordPID, 0)
	a.write(buffer, descriptorLen)
	return a.bytes()
}
