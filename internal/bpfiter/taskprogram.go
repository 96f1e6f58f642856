package bpfiter

// taskLen is what the program writes for each process: the address of its set
// of cgroups and its start in 8 bytes each; its name in 16; its PID, its
// parent's, the inode of its network namespace, its effective uid, how it ended
// and its flags in 4 each.
const taskLen = 56

// taskProgram is the iterator's body in BPF instructions (the context is struct
// bpf_iter__task of kernel/bpf/task_iter.c):
//
//	seq = meta->seq;
//	if (!task || task->pid != task->tgid)
//		return 0;
//	record.started = task->start_boottime;
//	memcpy(record.name, task->comm, 16);
//	record.pid = task->tgid;
//	record.ended = task->exit_state;
//	record.flags = task->flags;
//	bpf_probe_read_kernel(&record.cgroups, 8, &task->cgroups);
//	bpf_probe_read_kernel(&p, 8, &task->real_parent);
//	bpf_probe_read_kernel(&record.parent, 4, &p->tgid);
//	bpf_probe_read_kernel(&p, 8, &task->nsproxy);
//	bpf_probe_read_kernel(&p, 8, &p->net_ns);
//	bpf_probe_read_kernel(&record.netns, 4, &p->ns.inum);
//	bpf_probe_read_kernel(&p, 8, &task->real_cred);
//	bpf_probe_read_kernel(&record.uid, 4, &p->euid);
//	bpf_seq_write(seq, &record, sizeof(record));
//	return 0;
func taskProgram(l layout) []byte {
	const (
		buffer, task = 6, 7 // registers that calls keep
		pointer      = -64  // where p is on the stack, below the record
	)
	var a assembler
	a.begin(buffer)
	a.emit(loadLong, task, 1, 8, 0)
	a.jump(jumpIfEqual, task, 0, "end")
	a.emit(loadWord, 1, task, int16(l.taskTGID), 0)
	a.emit(loadWord, 2, task, int16(l.taskPID), 0)
	a.jumpReg(jumpIfOtherReg, 1, 2, "end")
	a.emit(storeWord, stack, 1, -24, 0)
	for _, long := range [...]struct{ from, to int16 }{
		{int16(l.taskStarted), -48}, {int16(l.taskName), -40}, {int16(l.taskName) + 8, -32},
	} {
		a.emit(loadLong, 1, task, long.from, 0)
		a.emit(storeLong, stack, 1, long.to, 0)
	}
	a.emit(loadWord, 1, task, int16(l.taskExit), 0)
	a.emit(storeWord, stack, 1, -8, 0)
	a.emit(loadWord, 1, task, int16(l.taskFlags), 0)
	a.emit(storeWord, stack, 1, -4, 0)
	a.read(-56, 8, task, l.taskCgroups)
	a.read(pointer, 8, task, l.taskParent)
	a.follow(-20, 4, pointer, l.taskTGID)
	a.read(pointer, 8, task, l.taskProxy)
	a.follow(pointer, 8, pointer, l.proxyNet)
	a.follow(-16, 4, pointer, l.netCommon+l.commonInode)
	a.read(pointer, 8, task, l.taskCred)
	a.follow(-12, 4, pointer, l.credUID)
	a.write(buffer, taskLen)
	return a.bytes()
}
