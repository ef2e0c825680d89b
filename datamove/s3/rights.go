package s3

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// actions are the rights that an operation of the SDK needs.
func action(operation string) string {
	switch operation {
	case "ListObjectsV2", "HeadBucket":
		return "s3:ListBucket"
	case "HeadObject", "GetObject":
		return "s3:GetObject"
	case "GetObjectTagging":
		return "s3:GetObjectTagging"
	case "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload":
		return "s3:PutObject, and s3:PutObjectTagging for tags"
	case "CopyObject", "UploadPartCopy":
		return "s3:GetObject and s3:GetObjectTagging on the source, s3:PutObject and s3:PutObjectTagging on the target"
	case "AbortMultipartUpload":
		return "s3:AbortMultipartUpload"
	case "ListMultipartUploads":
		return "s3:ListBucketMultipartUploads"
	case "DeleteObject":
		return "s3:DeleteObject"
	}
	return "s3:" + operation
}

// rightsHint says which right a denied request needed.
func rightsHint(err error) string {
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		return "allow " + action(op.OperationName)
	}
	return "check the key pair and its rights"
}

// statement is what to add to a policy.
func statement(e *end, actions ...string) string {
	resource := fmt.Sprintf("arn:aws:s3:::%s/%s*", e.bucket, e.prefix)
	if len(actions) == 1 && strings.HasPrefix(actions[0], "s3:ListBucket") {
		resource = "arn:aws:s3:::" + e.bucket
	}
	return fmt.Sprintf(`add to the policy: {"Effect":"Allow","Action":["%s"],"Resource":"%s"}`, strings.Join(actions, `","`), resource)
}
