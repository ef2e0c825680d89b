package envs

import (
	"errors"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func TestFromBuild(t *testing.T) {
	t.Parallel()
	const commit = "4f1c2e9d7b3a0c5e8f6d1b2a3c4e5f60718293a4"
	owned := shop()
	owned.Spec.Project = "p"
	templates := map[string]Document{"shop": shop(), "owned": owned}
	for name, test := range map[string]struct {
		build     events.BuildSucceeded
		want, err string
		kind      events.Kind
	}{
		"commit":     {build: events.BuildSucceeded{Template: "shop", Revision: "4F1C2E9", Components: map[string]string{"api": "shop:v9"}}, want: "shop-4f1c2e9"},
		"full hash":  {build: events.BuildSucceeded{Template: "shop", Revision: commit}, want: "shop-4f1c2e9-" + events.Digest(commit)[:7]},
		"time stamp": {build: events.BuildSucceeded{Template: "shop", Revision: "20270612073634"}, want: "shop-20270612073634"},
		"capitals":   {build: events.BuildSucceeded{Template: "shop", Revision: "RC1"}, want: events.Slug("shop-RC1")},
		"tag":        {build: events.BuildSucceeded{Template: "shop", Revision: "rc1"}, want: "shop-rc1"},
		"long tag":   {build: events.BuildSucceeded{Template: "shop", Revision: "release-2"}, want: "shop-release-2"},
		"branch":     {build: events.BuildSucceeded{Template: "shop", Environment: "Feature/X"}, want: events.Slug("Feature/X")},
		"no version": {build: events.BuildSucceeded{Template: "shop"}, want: "shop"},
		"template":   {build: events.BuildSucceeded{Template: "ship"}, kind: events.KindNotFound, err: `no template "ship"; templates: owned, shop`},
		"project":    {build: events.BuildSucceeded{Template: "owned", Project: "p"}, want: "owned"},
		"no project": {build: events.BuildSucceeded{Template: "owned"}, kind: events.KindRefused, err: "template owned belongs to project p, not to "},
		"other project": {
			build: events.BuildSucceeded{Template: "owned", Project: "q"}, kind: events.KindRefused,
			err: "template owned belongs to project p, not to q",
		},
		"component": {
			build: events.BuildSucceeded{Template: "shop", Components: map[string]string{"db": "x"}}, kind: events.KindInvalid,
			err: `template shop has no component "db"; components: api, worker`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := FromBuild(templates, test.build)
			if test.err != "" {
				if e, ok := errors.AsType[*events.Error](err); !ok || e.Message != test.err || e.Kind != test.kind {
					t.Fatalf("error %v, want %s of kind %s", err, test.err, test.kind)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			doc, err := Parse(got.Spec)
			if err != nil || got.Name != test.want || doc.Metadata.Name != test.want {
				t.Errorf("name %q in document %q, error %v; want %q", got.Name, doc.Metadata.Name, err, test.want)
			}
			if image := test.build.Components["api"]; image != "" && doc.Spec.Components["api"].Image != image {
				t.Errorf("image %q, want %q", doc.Spec.Components["api"].Image, image)
			}
		})
	}
	if templates["shop"].Spec.Components["api"].Image != "shop:v1" {
		t.Error("the template was changed")
	}
}

func TestTwoBuildsNeverShareAName(t *testing.T) {
	t.Parallel()
	const prefix = "4f1c2e9d7b3a0c5e8f6d1b2a3c4e5f607182"
	seen := map[string]string{}
	for _, revision := range []string{
		"20270612073634", "20270618091500", "12345678", "12345679", "1234567", "rc1", "RC1", "4f1c2e9", "4f1c2e9d",
		prefix + "93a4", prefix + "93a5", prefix + "93a4" + prefix[:24], prefix + "93a5" + prefix[:24],
		strings.Repeat("1", 70), strings.Repeat("1", 71),
	} {
		name := buildName(events.BuildSucceeded{Template: "shop", Revision: revision})
		if other, taken := seen[name]; taken || !events.IsDNSLabel(name) {
			t.Errorf("revision %s gives %s, which revision %q has", revision, name, other)
		}
		seen[name] = revision
	}
}
