package dns

import "context"

// Provider has zones. Its methods may be called at once for different zones. Errors are
// *events.Error: of KindUnavailable for what may pass, after the provider's own patience,
// of KindRefused for credentials that may not, and of KindNotFound for a zone that is
// not there.
type Provider interface {
	// Zones lists all zones.
	Zones(ctx context.Context) ([]Zone, error)
	// Records lists all records of a zone.
	Records(ctx context.Context, z Zone) ([]Record, error)
	// Change makes all edits of a zone in their order, or none, and returns an id to ask
	// Pending for. Right before it checks the fence of ctx. Errors: also of KindInvalid,
	// when an edit cannot be made, and nothing was changed.
	Change(ctx context.Context, z Zone, edits []Edit) (id string, err error)
	// Pending says whether there are name servers that do not know a change yet.
	Pending(ctx context.Context, id string) (bool, error)
}

// Read reads what a plan for the sources needs.
func Read(ctx context.Context, p Provider, sources []Source) ([]Contents, error) {
	zones, err := p.Zones(ctx)
	if err != nil {
		return nil, err
	}
	var all []Contents
	for _, z := range ZonesFor(zones, sources) {
		records, err := p.Records(ctx, z)
		if err != nil {
			return nil, err
		}
		all = append(all, Contents{Zone: z, Records: records})
	}
	return all, nil
}
