// Package image packages one static Linux binary as a container image, without
// Docker and without a registry, and pushes it to a registry when one is there.
//
// It owns nothing in the world and speaks of no events. Its invariants:
//
//   - The same binary and Spec make the same image digest, on any machine built
//     with the same Go release: timestamps are fixed, nothing else leaks in.
//   - A tarball written twice from the same images is the same, byte for byte.
//     It is an OCI layout and a docker-save archive at once, so that ctr, crictl,
//     docker load, kind and k3d read it, and it keeps the image's digest.
//   - Images run as a user that is not root unless the Spec says otherwise.
//
// It adapts github.com/google/go-containerregistry.
package image
