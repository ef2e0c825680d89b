// Package webhook turns what CI posts into events. It knows nothing of templates
// and environments: it checks who speaks and whether the words are whole, stores
// one event and answers.
//
// # The request
//
//	POST /v1/hooks/ci
//	Content-Type: application/json
//	X-Shakedown-Timestamp: 1767225600
//	X-Shakedown-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp "." body)>
//
//	{"project": "shop", "revision": "4f1c2e9...", "template": "shop",
//	 "environment": "pr-128", "components": {"api": "registry/shop-api:4f1c2e9"}}
//
// "environment" is optional; fields that are not known are ignored. The answer is
// 202 with the event's id, type and correlation; with the correlation one can
// watch all that follows.
//
// # Invariants
//
//  1. Nothing of the body is looked at before its signature is known to be good.
//  2. A secret of a project speaks for that project alone (403 for any other), and a
//     project that has one is spoken for by no other.
//  3. The event's id follows from the signature. The same request sent again,
//     by a client that retries or by someone who listened, is answered 202 with
//     the same id and works once.
//  4. A 202 means that the event is stored. Everything else means that nothing is.
//  5. Secrets appear in no log, no answer and no event.
package webhook
