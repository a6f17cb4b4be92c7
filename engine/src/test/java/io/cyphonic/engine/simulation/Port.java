package io.cyphonic.engine.simulation;

/** Who is at an address of a segment. */
@FunctionalInterface
interface Port {
    void receive(Packet packet);
}
