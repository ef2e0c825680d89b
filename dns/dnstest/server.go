package dnstest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/events"
)

// page is how many records or zones one answer lists.
const page = 300

// Handler speaks Route 53's protocol for the zones of a fake, as far as a provider needs it.
func Handler(f *Fake) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(*http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			value, err := answer(r)
			if err != nil {
				WriteError(w, err)
				return
			}
			_ = xml.NewEncoder(w).Encode(value) // nobody reads on
		})
	}
	handle("GET /2013-04-01/hostedzone", f.listZones)
	handle("GET /2013-04-01/hostedzone/{id}/rrset", f.listRecords)
	handle("POST /2013-04-01/hostedzone/{id}/rrset", f.changeRecords)
	handle("GET /2013-04-01/change/{id}", f.getChange)
	return mux
}

// APIError is an answer of Route 53 with a code of its own.
type APIError struct {
	Status  int
	Code    string
	Message string
}

func (e APIError) Error() string { return e.Code + ": " + e.Message }

// WriteError answers as Route 53 does.
func WriteError(w http.ResponseWriter, err error) {
	a, ok := errors.AsType[APIError](err)
	if e, isOurs := errors.AsType[*events.Error](err); !ok && isOurs {
		a = APIError{http.StatusBadRequest, "InvalidChangeBatch", e.Message}
		if e.Kind == events.KindNotFound {
			a = APIError{http.StatusNotFound, "NoSuchHostedZone", e.Message}
		}
	} else if !ok {
		a = APIError{http.StatusInternalServerError, "InternalFailure", err.Error()}
	}
	w.WriteHeader(a.Status)
	if a.Code == "InvalidChangeBatch" {
		_ = xml.NewEncoder(w).Encode(struct {
			XMLName  xml.Name `xml:"InvalidChangeBatch"`
			Messages []string `xml:"Messages>Message"`
		}{Messages: strings.Split(a.Message, "\n")})
		return
	}
	_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>", a.Code)
	_ = xml.EscapeText(w, []byte(a.Message))
	_, _ = io.WriteString(w, "</Message></Error><RequestId>1</RequestId></ErrorResponse>")
}

func (f *Fake) listZones(r *http.Request) (any, error) {
	zones, err := f.Zones(r.Context())
	if err != nil {
		return nil, err
	}
	type hostedZone struct {
		ID      string `xml:"Id"`
		Name    string
		Private bool `xml:"Config>PrivateZone"`
	}
	var list struct {
		XMLName     xml.Name     `xml:"ListHostedZonesResponse"`
		HostedZones []hostedZone `xml:"HostedZones>HostedZone"`
		IsTruncated bool
		NextMarker  string `xml:",omitempty"`
		MaxItems    int
	}
	from := max(0, slices.IndexFunc(zones, func(z dns.Zone) bool { return z.ID == r.FormValue("marker") }))
	for i, z := range zones[from:] {
		if i == page {
			list.IsTruncated, list.NextMarker = true, z.ID
			break
		}
		list.HostedZones = append(list.HostedZones, hostedZone{"/hostedzone/" + z.ID, z.Name.API(), z.Private})
	}
	list.MaxItems = page
	return list, nil
}

func (f *Fake) listRecords(r *http.Request) (any, error) {
	records, err := f.Records(r.Context(), dns.Zone{ID: r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	var list struct {
		XMLName                        xml.Name    `xml:"ListResourceRecordSetsResponse"`
		Records                        []recordSet `xml:"ResourceRecordSets>ResourceRecordSet"`
		IsTruncated                    bool
		NextRecordName, NextRecordType string `xml:",omitempty"`
		NextRecordIdentifier           string `xml:",omitempty"`
		MaxItems                       int
	}
	list.MaxItems = page
	from := max(0, slices.IndexFunc(records, func(is dns.Record) bool {
		return listedName(is.Name) == r.FormValue("name") && string(is.Type) == r.FormValue("type") && is.Routing.Set == r.FormValue("identifier")
	}))
	for i, is := range records[from:] {
		if i == page {
			list.IsTruncated, list.NextRecordName, list.NextRecordType, list.NextRecordIdentifier = true, listedName(is.Name), string(is.Type), is.Routing.Set
			break
		}
		list.Records = append(list.Records, listed(is))
	}
	return list, nil
}

type changeInfo struct {
	XMLName xml.Name
	ID      string `xml:"ChangeInfo>Id"`
	Status  string `xml:"ChangeInfo>Status"`
	At      string `xml:"ChangeInfo>SubmittedAt"`
}

func changed(root, id, status string) changeInfo {
	return changeInfo{XMLName: xml.Name{Local: root}, ID: "/change/" + id, Status: status, At: "2027-01-01T00:00:00Z"}
}

func (f *Fake) changeRecords(r *http.Request) (any, error) {
	edits, err := ReadBatch(r.Body)
	if err != nil {
		return nil, APIError{http.StatusBadRequest, "InvalidInput", err.Error()}
	}
	id, err := f.Change(r.Context(), dns.Zone{ID: r.PathValue("id")}, edits)
	return changed("ChangeResourceRecordSetsResponse", id, "PENDING"), err
}

func (f *Fake) getChange(r *http.Request) (any, error) {
	pending, err := f.Pending(r.Context(), r.PathValue("id"))
	status := "INSYNC"
	if pending {
		status = "PENDING"
	}
	return changed("GetChangeResponse", r.PathValue("id"), status), err
}
