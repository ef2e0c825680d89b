package envstest

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// round is what happens to a few environments in a few steps.
type round struct {
	stage     *stage
	names     []string
	draw      chooser
	foreigner *foreigner
	// stands is what stands of ours, by environment.
	stands map[string]standing

	mu       sync.Mutex
	requests []*request
	adopts   []adoption
	answers  []answer
	laid     []*ambush
	// script is what was done, problems is what was wrong then.
	script, problems []string
}

func newRound(s *stage, name string, draw chooser) *round {
	r := &round{stage: s, names: []string{name + "-a", name + "-b"}, draw: draw, foreigner: newForeigner(s.world), stands: map[string]standing{}}
	s.put(r.names, r)
	return r
}

func (r *round) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf("step %d: ", len(r.script))+fmt.Sprintf(format, args...))
}

// note adds a step to the script.
func (r *round) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script = append(r.script, text)
}

// noteEnd adds the end of a request to the step.
func (r *round) noteEnd(q *request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script[len(r.script)-1] += "\n\t" + q.String()
}

// play plays a step to its end and looks at what is there.
func (r *round) play(ctx context.Context) {
	s := drawStep(r.draw, r.names)
	var lines []string
	for _, a := range s.ambushes {
		lines = append(lines, a.String())
	}
	for _, a := range s.acts {
		lines = append(lines, a.text)
	}
	r.note(strings.Join(lines, "\n\t"))
	r.begin(s.ambushes)
	ctx, cancel := patient(ctx)
	defer cancel()
	var acting sync.WaitGroup
	for _, a := range s.acts {
		acting.Go(func() {
			if err := a.do(ctx, r); err != nil {
				r.problem("%s: %v", a.text, err)
			}
		})
	}
	acting.Wait()
	r.lay(nil)
	r.settle(ctx)
}

// begin forgets what was of the step before.
func (r *round) begin(laid []*ambush) {
	r.foreigner.next()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.adopts, r.answers, r.laid = nil, nil, nil, laid
}

// lay lays the ambushes in place of others.
func (r *round) lay(laid []*ambush) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.laid = laid
}

// ask waits for the end of a request.
func (r *round) ask(ctx context.Context, q *request) error {
	r.mu.Lock()
	r.requests = append(r.requests, q)
	r.mu.Unlock()
	return q.await(ctx)
}

func (r *round) noteAdoption(a adoption) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.adopts = append(r.adopts, a)
}

// answered notes the answer to a call of a person.
func (r *round) answered(by *installation, name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.answers = append(r.answers, answer{by, name, err})
	}
}

// settle looks at what is there, after all has ended that was begun.
func (r *round) settle(ctx context.Context) {
	for _, q := range r.requests {
		if err := q.await(ctx); err != nil { // it may have been superseded before it was ignored
			return
		}
		r.stage.tally.add(q.end.word)
		r.noteEnd(q)
		r.judge(q)
	}
	for _, a := range r.answers {
		r.judgeAnswer(a)
	}
	for _, name := range r.names {
		seen, err := r.read(ctx, name)
		if err != nil {
			r.problem("read %s: %v", name, err)
			return
		}
		r.checkForeign(name, seen)
		r.checkOwn(name, seen)
		r.take(name, seen)
	}
}

// read is what is there, by its place.
func (r *round) read(ctx context.Context, name string) (map[At]Thing, error) {
	things, err := r.stage.world.Read(ctx, name)
	seen := map[At]Thing{}
	for _, t := range things {
		seen[t.At] = t
	}
	return seen, err
}

// clear deletes all that the round has made.
func (r *round) clear(ctx context.Context) {
	for _, name := range r.names {
		if err := r.foreigner.raze(ctx, namespaceAt(name), false); err != nil {
			r.problem("clear: %v", err)
		}
	}
	r.stage.put(r.names, nil)
}
