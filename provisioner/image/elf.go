package image

import (
	"debug/elf"

	"github.com/shakedown-dev/shakedown/events"
)

const buildHint = "build it with CGO_ENABLED=0 GOOS=linux go build"

// architecture tells what a binary runs on, by the name images use for it, and
// refuses binaries that could not start in an image with nothing else in it.
func architecture(binary string) (string, error) {
	f, err := elf.Open(binary)
	if err != nil {
		return "", events.Errorf(events.KindInvalid, buildHint, "packaging %s: not a readable Linux executable: %w", binary, err)
	}
	defer func() { _ = f.Close() }()
	if f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN {
		return "", events.Errorf(events.KindInvalid, buildHint, "packaging %s: not an executable (%s)", binary, f.Type)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "", events.Errorf(events.KindInvalid, buildHint, "packaging %s: linked dynamically, the image has no libraries", binary)
		}
	}
	arch, known := goarch(f.Machine)
	if !known {
		return "", events.Errorf(events.KindInvalid, buildHint, "packaging %s: unknown machine %s", binary, f.Machine)
	}
	return arch, nil
}

func goarch(m elf.Machine) (string, bool) {
	switch m {
	case elf.EM_X86_64:
		return "amd64", true
	case elf.EM_AARCH64:
		return "arm64", true
	case elf.EM_RISCV:
		return "riscv64", true
	default:
		return "", false
	}
}
