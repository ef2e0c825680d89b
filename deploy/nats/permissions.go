package nats

import (
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// grant is subjects with what they are for.
type grant struct {
	about    string
	subjects []string
}

// The names of package events/natsbus on the server.
const (
	eventStream = "SHAKEDOWN"
	deadStream  = "SHAKEDOWN_DEAD"
	api         = "$JS.API."
	// peopleAPI is what the account of people calls the part of the API that it imports: each
	// account has an API of its own under the usual name.
	peopleAPI = "shakedown.api."
)

// api begins the subjects of the API, for --nats-api where it is not the usual one.
func (u User) api() string {
	if u.Serves {
		return api
	}
	return peopleAPI
}

// publishes are the subjects on which the user may publish.
func (u User) publishes() []grant {
	all := []grant{
		{"its events, and what it requests of others", each(u.Publishes, func(t string) []string { return []string{t + ".*"} })},
		{"its questions", each(u.asked(), func(t string) []string { return []string{call(t)} })},
		{"the streams of events", u.streams()},
		{"the events that its group takes, and their dead letters", each(u.groups(), taking)},
	}
	if u.Watches {
		all = append(all, grant{"the events that it reads", u.watching()})
	}
	if u.Letters {
		all = append(all, grant{"dead letters, which go back to their group or are dropped", []string{events.Prefix + "replay.*", u.api() + "STREAM.MSG.DELETE." + deadStream}})
	}
	if u.Serves {
		all = append(all, u.serving()...)
	}
	return slices.DeleteFunc(all, func(g grant) bool { return len(g.subjects) == 0 })
}

// serving is what a server does beside.
func (u User) serving() []grant {
	return []grant{
		{"answers to questions", u.answering()},
		{"the id of the installation", u.installation()},
		{"its state", each(u.Buckets, bucket)},
		{"its duties, which one server has at a time", u.duties()},
		{"its objects", each(u.Objects, objects)},
	}
}

// answering is where its answers go: to those who ask what it answers. The questions of people
// come from another account, and their answers go through the server.
func (u User) answering() []string {
	answers := slices.Concat(u.Answers, shared())
	asks := func(other User) bool {
		return other.Serves && slices.ContainsFunc(other.asked(), func(c string) bool { return slices.Contains(answers, c) })
	}
	return append(each(Users(), func(other User) []string {
		if !asks(other) {
			return nil
		}
		return []string{other.inbox() + ".>"}
	}), relayed)
}

// installation is how the id of the installation is read, and made by who stores something.
func (u User) installation() []string {
	const stream = "KV_shakedown_installation"
	verbs := []string{"INFO", "MSG.GET"}
	if u.keeps() {
		verbs = append(verbs, "CREATE", "UPDATE")
	}
	subjects := each(verbs, func(verb string) []string { return []string{api + "STREAM." + verb + "." + stream} })
	if u.keeps() {
		subjects = append(subjects, "$KV.shakedown_installation.installation")
	}
	return subjects
}

// denied are subjects on which it may not publish although a pattern above has them: the
// consumers of the groups of others, beside the ones that it reads with.
func (u User) denied() []string {
	if !u.Watches || !u.Serves {
		return nil
	}
	own := u.groups()
	return each(Users(), func(other User) []string {
		return each(other.groups(), func(group string) []string {
			if slices.Contains(own, group) {
				return nil
			}
			consumer := eventStream + "." + group
			return []string{
				api + "CONSUMER.CREATE." + consumer, api + "CONSUMER.CREATE." + consumer + ".>", api + "CONSUMER.DELETE." + consumer,
				api + "CONSUMER.MSG.NEXT." + consumer,
			}
		})
	})
}

// subscribes are the subjects that it may read.
func (u User) subscribes() []string {
	subjects := []string{u.inbox() + ".>"}
	if !u.Serves {
		return subjects
	}
	subjects = append(subjects, each(slices.Concat(u.Answers, shared()), func(t string) []string { return []string{call(t)} })...)
	return append(subjects, "$SRV.>")
}

const (
	// inboxes begins the subjects of all answers, but for those that the server relays to
	// another account.
	inboxes = "_INBOX"
	relayed = "_R_.>"
)

// inbox begins the subjects of the answers to this user, for --nats-inbox.
func (u User) inbox() string { return inboxes + "." + u.Name }

func (u User) asked() []string {
	if !u.Serves {
		return u.Asks
	}
	asked := slices.Concat(u.Asks, pages())
	slices.Sort(asked)
	return slices.Compact(asked)
}

// groups are the durable consumers of its group.
func (u User) groups() []string {
	return each(u.Takes, func(t string) []string {
		return []string{events.Key(u.Name + "." + strings.TrimPrefix(t, events.Prefix))}
	})
}

func call(callType string) string {
	return events.Prefix + "call." + strings.TrimPrefix(callType, events.Prefix)
}

// streams is what a server needs that makes the streams when they are missing, or what a
// command needs to see that they are there; and how both ask what is stored, and by how
// many servers.
func (u User) streams() []string {
	verbs := []string{"INFO"}
	if u.keeps() {
		verbs = append(verbs, "CREATE", "UPDATE")
	}
	subjects := each([]string{eventStream, deadStream}, func(stream string) []string {
		return each(verbs, func(verb string) []string { return []string{u.api() + "STREAM." + verb + "." + stream} })
	})
	if u.Serves {
		subjects = append(subjects, api+"STREAM.LIST", "$SYS.REQ.ACCOUNT.PING.STATZ")
	}
	return subjects
}

// taking is what a member of a group does with its consumer. Servers write the subject of
// an acknowledgement in one of two ways.
func taking(group string) []string {
	consumer := eventStream + "." + group
	return []string{
		api + "CONSUMER.CREATE." + consumer, api + "CONSUMER.INFO." + consumer, api + "CONSUMER.MSG.NEXT." + consumer,
		"$JS.ACK." + consumer + ".>", "$JS.ACK.*.*." + consumer + ".>", events.Prefix + "dead." + group + ".*",
	}
}

// watching is what reads events. A server does so by consumers of its own. A person reads one
// message after the other, dead letters too: a consumer delivers to any subject, so whoever
// makes one can write where he may not publish.
func (u User) watching() []string {
	if !u.Serves {
		return []string{u.api() + "STREAM.MSG.GET." + eventStream, u.api() + "STREAM.MSG.GET." + deadStream}
	}
	return []string{
		api + "CONSUMER.CREATE." + eventStream + ".>", api + "CONSUMER.INFO." + eventStream + ".*",
		api + "CONSUMER.DELETE." + eventStream + ".*", api + "CONSUMER.MSG.NEXT." + eventStream + ".*",
	}
}

func bucket(name string) []string {
	return append([]string{"$KV.shakedown_" + name + ".>"}, bucketAPI("KV_shakedown_"+name)...)
}

func objects(name string) []string {
	return append([]string{events.Prefix + "objects." + name + ".>"}, bucketAPI("SHAKEDOWN_OBJECTS_"+name)...)
}

// duties are rows of the bucket of leaders, which services share.
func (u User) duties() []string {
	if len(u.Duties) == 0 {
		return nil
	}
	return each(queue("leaders"), func(name string) []string {
		rows := each(u.Duties, func(duty string) []string { return []string{"$KV.shakedown_" + name + "." + duty} })
		return append(rows, bucketAPI("KV_shakedown_"+name)...)
	})
}

// bucketAPI is how the stream below a bucket is made, mended and read.
func bucketAPI(stream string) []string {
	subjects := each([]string{"INFO", "CREATE", "UPDATE", "PURGE", "MSG.GET"}, func(verb string) []string { return []string{api + "STREAM." + verb + "." + stream} })
	return append(subjects, api+"CONSUMER.CREATE."+stream+".>", api+"CONSUMER.DELETE."+stream+".*", "$JS.FC."+stream+".>")
}

// each joins what f makes of each element.
func each[T any](list []T, f func(T) []string) (all []string) {
	for _, v := range list {
		all = append(all, f(v)...)
	}
	return all
}
