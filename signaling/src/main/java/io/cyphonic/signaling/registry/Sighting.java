package io.cyphonic.signaling.registry;

import java.net.InetSocketAddress;

/**
 * Where a node was seen over one address family. Anybody on the way may copy a request and send it
 * from an address of his own, and be there first. So a source is worth little until the node has
 * shown, in a later request, that it got the answer sent there; and it never takes the place of an
 * address of which the node has.
 *
 * @param counter highest envelope counter of a request of the present login; -1 before the first
 * @param confirmed where the node has shown itself to receive, or {@code null}
 * @param unconfirmed another source of the newest request, or {@code null}
 */
public record Sighting(long counter, InetSocketAddress confirmed, InetSocketAddress unconfirmed) {
    /** Of a node that was never seen. Counters start at 0 or above. */
    public static final Sighting NONE = new Sighting(-1, null, null);

    /** The confirmed address if there is one, else the other, else {@code null}. */
    public InetSocketAddress best() {
        return confirmed != null ? confirmed : unconfirmed;
    }

    /** Whether a node may be at this address. */
    public boolean names(InetSocketAddress address) {
        return address.equals(confirmed) || address.equals(unconfirmed);
    }

    /** What is known after one more request; this very object if the request tells nothing new. */
    public Sighting after(Sighting request) {
        InetSocketAddress source = request.best() == null ? null : request.source();
        if (source == null) {
            return this;
        }
        if (request.counter > counter) {
            InetSocketAddress sure = request.confirmed != null ? request.confirmed : confirmed;
            return new Sighting(request.counter, sure, source.equals(sure) ? null : source);
        }
        // The same request from elsewhere: one of the two is a copy, and nobody can say which. No
        // more than one of them is kept, so that copies do not fill the log; and none of a node
        // that has logged off, of which no address is left.
        boolean copy = request.counter == counter && confirmed != null && unconfirmed == null;
        return copy && !source.equals(confirmed) ? new Sighting(counter, confirmed, source) : this;
    }

    private InetSocketAddress source() {
        return unconfirmed != null ? unconfirmed : confirmed;
    }

    /** The same place under a new login. */
    Sighting ofNewLogin() {
        return new Sighting(-1, confirmed, null);
    }

    /** Without addresses: a request that was seen stays old. */
    Sighting forgotten() {
        return new Sighting(counter, null, null);
    }

    /** No address, but this counter at least. */
    Sighting atLeast(long newCounter) {
        return newCounter > counter ? new Sighting(newCounter, confirmed, unconfirmed) : this;
    }

    void writeTo(BinaryWriter out) {
        out.int64(counter).socketAddress(confirmed).socketAddress(unconfirmed);
    }

    static Sighting readFrom(BinaryReader in) {
        return new Sighting(in.int64(), in.socketAddress(), in.socketAddress());
    }
}
