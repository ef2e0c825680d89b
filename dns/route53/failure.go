package route53

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"github.com/shakedown-dev/shakedown/events"
)

// throttled says whether there were too many requests, or the zone is being changed.
func throttled(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// explain says what became of a request, in the kinds that a provider promises.
func explain(what string, err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return events.Errorf(events.KindUnavailable, "see that Route 53 can be reached and that there are credentials", "%s: %w", what, err)
	}
	text := api.ErrorMessage()
	if batch, isBatch := errors.AsType[*types.InvalidChangeBatch](err); isBatch && len(batch.Messages) > 0 {
		text = strings.Join(batch.Messages, "; ")
	}
	switch code := api.ErrorCode(); code {
	case "InvalidChangeBatch", "InvalidInput", "InvalidDomainName":
		return events.Errorf(events.KindInvalid, "", "Route 53 refuses it: %s", text)
	case "NoSuchHostedZone", "NoSuchChange":
		return events.Errorf(events.KindNotFound, "shakedown dns list", "%s: %s", what, text)
	case "InternalFailure", "ServiceUnavailable", "InternalError":
		return events.Errorf(events.KindUnavailable, "try again later", "%s: %s: %s", what, code, text)
	default:
		return events.Errorf(events.KindRefused, "see that the credentials may do this; AWS_PROFILE chooses others", "%s: %s: %s", what, code, text)
	}
}
