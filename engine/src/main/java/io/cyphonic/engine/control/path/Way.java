package io.cyphonic.engine.control.path;

import io.cyphonic.engine.control.state.PathRecord.Kind;

import java.net.InetSocketAddress;

/** A way to a peer that somebody has named. */
public record Way(InetSocketAddress endpoint, Kind kind) {}
