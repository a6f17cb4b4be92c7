package io.cyphonic.engine;

import io.cyphonic.engine.control.LocalAddresses;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.NetlinkEvents;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/**
 * A thread that tells when the network of the host is another one: its addresses, or where its
 * default route leads. What changes nothing (a lease renewed, a container's interface) is not told.
 */
final class NetworkWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkWatch.class);
    private static final int WAIT_MILLIS = 500;

    /** Changes come in bursts: each is told at once, but not more often than this. */
    private static final int PAUSE_MILLIS = 15;

    private static final long CLOSE_MILLIS = 2_000;

    private final NetlinkEvents events;
    private final LocalAddresses addresses;
    private final Runnable changed;
    private final Thread thread;
    private volatile boolean closed;

    private NetworkWatch(NetlinkEvents events, LocalAddresses addresses, Runnable changed) {
        this.events = events;
        this.addresses = addresses;
        this.changed = changed;
        this.thread = Thread.ofPlatform().name("cy-network").daemon().unstarted(this::watch);
    }

    /**
     * Starts watching. Without netlink the node works as before, and notices changes by its
     * periodic looks.
     *
     * @param tunName the interface of the overlay, whose changes do not count
     * @param changed must not wait
     */
    static AutoCloseable start(String tunName, LocalAddresses addresses, Runnable changed) {
        try {
            NetworkWatch watch =
                    new NetworkWatch(
                            NetlinkEvents.open(interfaceIndex(tunName)), addresses, changed);
            watch.thread.start();
            return watch;
        } catch (NativeException e) {
            LOG.warn("changes of the network are noticed late: {}", e.getMessage());
            return () -> {};
        }
    }

    private static int interfaceIndex(String name) {
        try {
            NetworkInterface tun = NetworkInterface.getByName(name);
            return tun == null ? -1 : tun.getIndex();
        } catch (SocketException _) {
            return -1;
        }
    }

    private void watch() {
        List<InetSocketAddress> last = addresses.candidates();
        while (!closed) {
            int changes = events.await(WAIT_MILLIS);
            if (changes == NetlinkEvents.NONE) {
                continue;
            }
            List<InetSocketAddress> present = addresses.candidates();
            if ((changes & NetlinkEvents.ROUTES) != 0 || !present.equals(last)) {
                last = present;
                changed.run();
                pause();
            }
        }
        events.close();
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException _) {
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
