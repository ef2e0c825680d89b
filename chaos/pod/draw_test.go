package pod

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// town is a survey of pods made from a few numbers: every property test draws
// from it.
func town(pods, owners int, seed uint64) Survey {
	random := rand.New(rand.NewPCG(seed, 1))
	s := Survey{Namespace: Namespace{Name: "shop"}}
	for i := range pods {
		p := Pod{
			Namespace: "shop", Name: fmt.Sprintf("pod-%d", i), UID: fmt.Sprintf("uid-%d", i),
			Selected: random.IntN(4) > 0, Running: random.IntN(4) > 0, Terminating: random.IntN(4) == 0,
		}
		if o := random.IntN(owners + 1); o > 0 {
			p.Owner = Ref{Kind: "Deployment", Name: fmt.Sprintf("d%d", o), UID: fmt.Sprintf("owner-%d", o)}
		}
		s.Pods = append(s.Pods, p)
	}
	return s
}

func FuzzChoose(f *testing.F) {
	f.Add(uint8(3), uint8(1), int16(1), int8(0), int8(0), uint64(42))
	f.Add(uint8(40), uint8(5), int16(0), int8(30), int8(2), uint64(7))
	f.Add(uint8(0), uint8(0), int16(0), int8(100), int8(0), uint64(0))
	f.Fuzz(func(t *testing.T, pods, owners uint8, count int16, percent, perOwner int8, seed uint64) {
		s := town(int(pods), int(owners), seed)
		target := events.FaultTarget{Labels: "a=b", Count: max(int(count), 0), Percent: min(max(int(percent), 0), 100), PerOwner: max(int(perOwner), 0)}
		victims, err := Choose(s, target, seed)
		if err != nil {
			if !errors.Is(err, chaos.ErrNoTarget) || len(victims) > 0 {
				t.Fatalf("victims %v, error %v", victims, err)
			}
			return
		}
		checkChoice(t, s, target, victims)
		again := s
		again.Pods = slices.Clone(s.Pods)
		slices.Reverse(again.Pods)
		same, err := Choose(again, target, seed)
		if err != nil || !cmp.Equal(victims, same) {
			t.Fatalf("the same pods in another order: %v, %v, want %v", same, err, victims)
		}
	})
}

func checkChoice(t *testing.T, s Survey, target events.FaultTarget, victims []Pod) {
	t.Helper()
	candidates := len(candidatesOf(s))
	want := max(target.Count, 1)
	if target.Percent > 0 {
		want = candidates * target.Percent / 100
	}
	if len(victims) != want || len(victims) == 0 {
		t.Fatalf("%d victims, want %d", len(victims), want)
	}
	seen, owners := make(map[string]bool), make(map[string]int)
	for _, v := range victims {
		if v.Terminating || !v.Running || !v.Selected {
			t.Fatalf("%+v is no candidate", v)
		}
		if seen[v.UID] {
			t.Fatalf("%s was chosen twice", v.Name)
		}
		seen[v.UID] = true
		if owners[v.ownerKey()]++; owners[v.ownerKey()] > max(target.PerOwner, 1) {
			t.Fatalf("%d victims of %s", owners[v.ownerKey()], v.Owner)
		}
	}
}

func TestChooseErrors(t *testing.T) {
	api := Ref{Kind: "Deployment", Name: "api", UID: "o1"}
	pod := func(name string, change func(*Pod)) Pod {
		p := Pod{Name: name, UID: name, Owner: api, Selected: true, Running: true}
		if change != nil {
			change(&p)
		}
		return p
	}
	three := []Pod{pod("a", nil), pod("b", nil), pod("c", nil)}
	for _, tc := range []struct {
		name   string
		pods   []Pod
		target events.FaultTarget
		want   string
	}{
		{"no pods", nil, events.FaultTarget{}, "matches none of the 0 pods"},
		{"nothing selected", []Pod{pod("a", func(p *Pod) { p.Selected = false })}, events.FaultTarget{}, "matches none of the 1 pods"},
		{"all terminating", []Pod{pod("a", func(p *Pod) { p.Terminating = true })}, events.FaultTarget{}, "all 1 pods"},
		{"none running", []Pod{pod("a", func(p *Pod) { p.Running = false })}, events.FaultTarget{}, "1 not running, 0 already terminating"},
		{"count too high", three, events.FaultTarget{Count: 4}, "4 pods are wanted, but only 3 match"},
		{"one owner", three, events.FaultTarget{Count: 2}, "at most 1 of one owner"},
		{"percent of one owner", three, events.FaultTarget{Percent: 100}, "at most 1 of one owner"},
		{"percent too low", three, events.FaultTarget{Percent: 33}, "ask for at least 34 %"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			victims, err := Choose(Survey{Namespace: Namespace{Name: "shop"}, Pods: tc.pods}, tc.target, 1)
			if !errors.Is(err, chaos.ErrNoTarget) || !strings.Contains(err.Error(), tc.want) || len(victims) > 0 {
				t.Errorf("victims %v, error %v", victims, err)
			}
		})
	}
}

// TestChooseIsStable fails when the drawing changes: recorded seeds would then
// give other victims.
func TestChooseIsStable(t *testing.T) {
	s := town(30, 6, 5)
	victims, err := Choose(s, events.FaultTarget{Count: 3}, 42)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range victims {
		names = append(names, v.Name)
	}
	if d := cmp.Diff([]string{"pod-2", "pod-4", "pod-28"}, names); d != "" {
		t.Error(d)
	}
}

// TestChooseIsFair draws often and expects every candidate to be hit about
// equally often.
func TestChooseIsFair(t *testing.T) {
	var s Survey
	for i := range 5 {
		s.Pods = append(s.Pods, Pod{Name: fmt.Sprint(i), UID: fmt.Sprint(i), Selected: true, Running: true})
	}
	hits := make(map[string]int)
	const draws = 5000
	for seed := range uint64(draws) {
		victims, err := Choose(s, events.FaultTarget{}, seed)
		if err != nil {
			t.Fatal(err)
		}
		hits[victims[0].Name]++
	}
	for name, n := range hits {
		if n < draws/5*8/10 || n > draws/5*12/10 {
			t.Errorf("pod %s was drawn %d times of %d", name, n, draws)
		}
	}
}
