"""Paints on other machines: orders, leases and pictures travel over NATS JetStream."""
