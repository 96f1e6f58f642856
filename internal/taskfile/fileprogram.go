package taskfile

// descriptorLen is what the program writes for each descriptor: the inode of a
// socket in 8 bytes, that of a namespace with the highest bit set, or 0 for
// what may be an io_uring; the PID (of the first namespace) in 4; the
// descriptor in 4.
const (
	descriptorLen = 16
	namespaceMark = 1 << 63
)

// special is how files are told that are in no folder. Those without a name
// are told by the device of their filesystem, and the one inode that all of
// them have who need none of their own. An io_uring has its own.
type special struct{ device, inode, namespaces int32 } // namespaces: the device of those

// fileProgram is the iterator's body in BPF instructions (linux/bpf.h; the
// context is struct bpf_iter__task_file of kernel/bpf/task_iter.c):
//
//	if (!file || !task)
//		return 0;
//	inode = file->f_inode;
//	record.inode = inode->i_ino;
//	if (!bpf_sock_from_file(file)) {
//		if (inode->i_ino == special.inode)
//			return 0;
//		if (inode->i_sb->s_dev == special.device)
//			record.inode = 0;
//		else if (inode->i_sb->s_dev == special.namespaces)
//			record.inode |= 1ULL << 63;
//		else
//			return 0;
//	}
//	record.pid = task->tgid;
//	record.fd = fd;
//	bpf_seq_write(meta->seq, &record, sizeof(record));
//	return 0;
func fileProgram(l layout, s special) []byte {
	const context, file, task, inode = 6, 7, 8, 9 // registers that calls keep
	var a assembler
	a.emit(moveReg, context, 1, 0, 0)
	a.emit(loadLong, file, context, 24, 0)
	a.jump(jumpIfEqual, file, 0, "end")
	a.emit(loadLong, task, context, 8, 0)
	a.jump(jumpIfEqual, task, 0, "end")
	a.emit(loadLong, inode, file, int16(l.fileInode), 0)
	a.emit(loadLong, 1, inode, int16(l.inodeNo), 0)
	a.emit(storeLong, stack, 1, -16, 0)
	a.emit(moveReg, 1, file, 0, 0)
	a.emit(call, 0, 0, 0, callSockFromFile)
	a.jump(jumpIfOther, 0, 0, "write")
	a.emit(loadLong, 1, inode, int16(l.inodeNo), 0)
	a.jump(jumpIfEqual, 1, s.inode, "end")
	a.emit(loadLong, 1, inode, int16(l.inodeSuper), 0)
	a.emit(loadWord, 2, 1, int16(l.superDevice), 0)
	a.emit(moveNumber, 1, 0, 0, 0)
	a.jump(jumpIfEqual, 2, s.device, "store")
	a.jump(jumpIfOther, 2, s.namespaces, "end")
	a.emit(moveNumber, 1, 0, 0, 1)
	a.emit(shiftNumber, 1, 0, 0, 63)
	a.emit(loadLong, 2, stack, -16, 0)
	a.emit(orReg, 1, 2, 0, 0)
	a.label("store")
	a.emit(storeLong, stack, 1, -16, 0)
	a.label("write")
	a.emit(loadWord, 1, task, int16(l.taskTGID), 0)
	a.emit(storeWord, stack, 1, -8, 0)
	a.emit(loadWord, 1, context, 16, 0)
	a.emit(storeWord, stack, 1, -4, 0)
	a.write(context, descriptorLen)
	return a.bytes()
}
