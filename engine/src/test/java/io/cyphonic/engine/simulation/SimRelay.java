package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.VirtualRuntime;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.relay.RelayCounters;
import io.cyphonic.signaling.relay.RelayLogic;
import io.cyphonic.signaling.relay.RelayOutput;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A relay: the real logic, on a host of the backbone. */
final class SimRelay implements RelayOutput {
    /**
     * Most channels. An address may have a quarter of them, and those of grants that were replaced
     * live on for a minute: two ends in trouble ask again and again.
     */
    static final int MAX_CHANNELS = 1024;

    private static final int ID = 1;
    private static final int PORT = 7448;
    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final VirtualTime time;
    private final Host host;
    private final RelayLogic logic;
    private boolean running = true;

    SimRelay(VirtualTime time, Internet internet) {
        this.time = time;
        this.host = new Host("relay", internet, PORT);
        host.plug(
                List.of(
                        new Host.Interface(internet.backbone(), Place.ipv4(198, 51, 100, 2)),
                        new Host.Interface(internet.backbone(), Place.ipv6(255, 2))));
        this.logic =
                new RelayLogic(
                        ID,
                        Identities.RELAY_SECRET,
                        MAX_CHANNELS,
                        VirtualRuntime.seeded("the relay"),
                        new RelayCounters(),
                        this,
                        time.nanoTime());
        for (InetSocketAddress own : host.endpoints()) {
            host.attach(Endpoint.of(own), (datagram, from) -> receive(datagram, from, own));
        }
        sweep();
    }

    Host host() {
        return host;
    }

    RelayServer server() {
        return new RelayServer(ID, host.endpoints().get(0), host.endpoints().get(1), 0);
    }

    /** Whether it answers at all. */
    void running(boolean next) {
        running = next;
    }

    int channels() {
        return logic.channels();
    }

    private void receive(byte[] datagram, Endpoint from, InetSocketAddress own) {
        if (!running || datagram.length == 0) {
            return;
        }
        ReceivedDatagrams batch = new ReceivedDatagrams();
        batch.buffer = datagram;
        batch.length = datagram.length;
        batch.segmentLength = datagram.length;
        batch.sourceLength = from.sockaddr().length;
        System.arraycopy(from.sockaddr(), 0, batch.source, 0, batch.sourceLength);
        logic.receive(batch, null, own, time.nanoTime(), time.wallMillis());
    }

    @Override
    public void forward(byte[] buffer, int offset, int length, int segmentLength, Endpoint to) {
        for (int at = offset; at < offset + length; at += segmentLength) {
            int end = Math.min(at + segmentLength, offset + length);
            answer(Arrays.copyOfRange(buffer, at, end), to);
        }
    }

    @Override
    public void answer(byte[] datagram, Endpoint to) {
        host.send(datagram, Endpoint.of(host.endpoints().get(to.isIpv4() ? 0 : 1)), to);
    }

    private void sweep() {
        logic.sweep(time.nanoTime(), time.wallMillis());
        time.after(SWEEP_NANOS, this::sweep);
    }
}
