package sandbox

import (
	"context"
	"fmt"
)

// PowerOff switches a node off: everything that runs on it is gone at once, as
// when a plug is pulled. Its disk stays. A node that is off stays off.
func (d *Driver) PowerOff(ctx context.Context, cluster, node string) error {
	s, unlock, err := d.open(ctx, cluster)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.knows(node); err != nil {
		return err
	}
	if err := s.powerOff(ctx, node); err != nil {
		return fmt.Errorf("switching node %s off: %w", node, err)
	}
	d.log.InfoContext(ctx, "node switched off", "cluster", cluster, "node", node)
	return nil
}

// PowerOn switches a node on that is off. It returns when its programs were
// started; its kubelet needs some seconds more until the node is Ready.
func (d *Driver) PowerOn(ctx context.Context, cluster, node string) error {
	s, unlock, err := d.open(ctx, cluster)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.knows(node); err != nil {
		return err
	}
	if err := s.powerOn(ctx, node); err != nil {
		return fmt.Errorf("switching node %s on: %w", node, err)
	}
	d.log.InfoContext(ctx, "node switched on", "cluster", cluster, "node", node)
	return nil
}

// LoadImage imports an image archive (docker save or OCI layout, as tar) on
// every node that is on.
func (d *Driver) LoadImage(ctx context.Context, cluster, archive string) error {
	s, unlock, err := d.open(ctx, cluster)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.loadImage(ctx, archive); err != nil {
		return fmt.Errorf("loading %s on cluster %s: %w", archive, cluster, err)
	}
	return nil
}
