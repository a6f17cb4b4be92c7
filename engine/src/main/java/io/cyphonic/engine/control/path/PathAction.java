package io.cyphonic.engine.control.path;

import java.net.InetSocketAddress;

/** What {@link PathMachine} wants done. */
public sealed interface PathAction {
    /** Send a probe that only the peer can answer. */
    record Probe(InetSocketAddress to) implements PathAction {}

    /** Send there from now on. */
    record Activate(InetSocketAddress endpoint) implements PathAction {}

    /** Tell the peer our present addresses, this way. */
    record Tell(InetSocketAddress via) implements PathAction {}

    /** Ask the cloud for the way to the peer again. */
    record AskCloud() implements PathAction {}

    /** Look again after this long, without waiting for the next regular look. */
    record Wake(long delayNanos) implements PathAction {}
}
