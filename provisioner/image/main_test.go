package image_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/provisioner/image"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// executable writes the smallest file that is a static Linux executable to
// packaging: an ELF header, one program header of type prog and some content.
func executable(t *testing.T, machine elf.Machine, prog elf.ProgType, content string) string {
	t.Helper()
	var out bytes.Buffer
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	header.Ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	header.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	for _, part := range []any{header, elf.Prog64{Type: uint32(prog)}} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	out.WriteString(content)
	path := filepath.Join(t.TempDir(), "shop")
	if err := os.WriteFile(path, out.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func pack(t *testing.T, s image.Spec) *image.Image {
	t.Helper()
	i, err := image.Package(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// shop is a Spec that is complete.
func shop(t *testing.T, version string) image.Spec {
	t.Helper()
	return image.Spec{
		Ref:        "shakedown.dev/shop:" + version,
		Binary:     executable(t, elf.EM_X86_64, elf.PT_LOAD, "the shop"),
		Entrypoint: []string{"/shop"},
		Env:        map[string]string{"SHOP_VERSION": version, "A": "b"},
		Labels:     map[string]string{"org.opencontainers.image.title": "shop"},
	}
}
