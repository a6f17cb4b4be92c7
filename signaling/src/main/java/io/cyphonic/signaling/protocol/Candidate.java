package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.InetSocketAddress;

/**
 * An address where a node may be reached, and how the node came to know it (RFC 8445, section
 * 5.1.1).
 *
 * @param address never unresolved
 * @param kind never the null value
 */
public record Candidate(InetSocketAddress address, CandidateKind kind) {}
