package envstest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// chooser chooses a number below n.
type chooser func(n int) int

// random draws by a seed. Each part draws its own numbers.
func random(seed, part uint64) chooser {
	return rand.New(rand.NewPCG(seed, part)).IntN
}

func pick[T any](draw chooser, from ...T) T { return from[draw(len(from))] }

// step are the acts that are begun at the same time, with the ambushes that are laid
// for the time that they take.
type step struct {
	acts     []act
	ambushes []*ambush
}

// drawStep draws what happens to the environments. What the foreigner does to what is
// ours is a step of its own, or an ambush: how a request ends that it meets elsewhere is
// not known.
func drawStep(draw chooser, names []string) step {
	if draw(5) == 4 {
		return step{acts: []act{drawHarm(draw, pick(draw, names...))}}
	}
	var s step
	for range 1 + draw(4) {
		s.acts = append(s.acts, drawAct(draw, pick(draw, names...)))
	}
	for range draw(3) {
		s.ambushes = append(s.ambushes, drawAmbush(draw, pick(draw, names...)))
	}
	return s
}

func drawAct(draw chooser, name string) act {
	by := draw(5) / 3 // more often here
	switch draw(15) {
	case 0, 1, 2, 3:
		return drawCreate(draw, by, name)
	case 4, 5:
		return drawBuild(draw, by, name)
	case 6, 7, 8:
		return destroying(by, name, draw(2) == 0)
	case 9:
		return extending(by, name)
	case 10, 11:
		return adopting(by, name, pick(draw, "", here, there, gone))
	case 12:
		return making(namespaceAt(name), drawLabels(draw, name))
	case 13:
		return making(drawAt(draw, name), drawLabels(draw, name))
	}
	return drawChange(draw, name)
}

func drawCreate(draw chooser, by int, name string) act {
	components := pick(draw, []string{"api"}, []string{"api", "web"}, []string{"old"}, []string{"api", "web", "old"})
	return creating(by, document(name, pick(draw, "v1", "v2", "v3"), pick(draw, "", "", "", "q"), pick(draw, 0, time.Hour), components...))
}

func drawBuild(draw chooser, by int, name string) act {
	return building(by, events.BuildSucceeded{
		Project: pick(draw, "p", "q"), Template: pick(draw, "shop", "shop", "shop", ofQ), Environment: name,
		Components: map[string]string{"api": pick(draw, "v1", "v2", "v3")},
	})
}

// drawAt draws a place where something of the foreigner may be, or of ours.
func drawAt(draw chooser, space string) At {
	return At{Space: space, Ref: pick(draw,
		envs.Ref{Kind: Deployment, Name: "api"}, envs.Ref{Kind: Deployment, Name: "web"}, envs.Ref{Kind: Service, Name: "api"},
		envs.Ref{Kind: Deployment, Name: "by-hand"}, envs.Ref{Kind: ConfigMap, Name: "settings"}, envs.Ref{Kind: Secret, Name: "password"},
		envs.Ref{Kind: Claim, Name: "data"},
	)}
}

// drawLabels draws labels of somebody else: none, or some that look like ours.
func drawLabels(draw chooser, name string) map[string]string {
	like := map[string]string{events.LabelManagedBy: events.Manager, events.LabelEnvironment: name, events.LabelChaos: events.ChaosAllowed}
	switch draw(7) {
	case 0:
		like[events.LabelInstallation] = gone
	case 1: // an earlier version of ours has made it
	case 2:
		like[events.LabelEnvironment], like[events.LabelInstallation] = name+"-2", here
	case 3:
		like[events.LabelManagedBy], like[events.LabelInstallation] = "someone-else", there
	case 4:
		delete(like, events.LabelManagedBy)
		like[events.LabelInstallation] = here
	case 5:
		like = map[string]string{events.LabelManagedBy: events.Manager}
	default:
		return nil
	}
	return like
}

func drawChange(draw chooser, name string) act {
	at := namespaceAt(name)
	if draw(4) > 0 {
		at = drawAt(draw, name)
	}
	if draw(2) == 0 {
		return removing(at)
	}
	return editing(at, map[string]string{"touched": fmt.Sprint("t", draw(100))})
}

func drawHarm(draw chooser, name string) act {
	at := namespaceAt(name)
	if draw(2) == 0 {
		at = drawAt(draw, name)
	}
	switch draw(3) {
	case 0:
		return seizing(at)
	case 1:
		return razing(at)
	}
	return disowning(name)
}
