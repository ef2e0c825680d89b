package server

import (
	"debug/elf"
	"runtime/debug"
	"syscall"
)

// freeStart gives back the memory that only the start of a server took: the heap's
// free pages, and the pages of the program itself, which come back from the file
// when they are used again. Most of them never are.
func freeStart(program string) {
	debug.FreeOSMemory()
	file, err := elf.Open(program)
	if err != nil {
		return // nothing is lost but memory
	}
	defer file.Close() //nolint:errcheck // it was only read
	if file.Type != elf.ET_EXEC {
		return // its addresses are not those of the file
	}
	for _, p := range file.Progs {
		if p.Type != elf.PT_LOAD || p.Flags&elf.PF_W != 0 {
			continue // what can be written may differ from the file
		}
		page := uint64(syscall.Getpagesize())
		begin, end := (p.Vaddr+page-1)/page*page, (p.Vaddr+p.Filesz)/page*page
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(begin), uintptr(end-begin), syscall.MADV_DONTNEED) // advice
	}
}
