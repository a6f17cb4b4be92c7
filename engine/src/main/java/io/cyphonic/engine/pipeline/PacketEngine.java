package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.counters.Counters;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.RelayChannel;
import io.cyphonic.engine.session.Session;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;

import java.net.Inet4Address;
import java.net.Inet6Address;

/**
 * The packet engine: both pipelines, the tunnels they serve, and their counters.
 *
 * <pre>
 *   NEW --setListener, start--&gt; RUNNING --close--&gt; CLOSED
 *    `------------------close-----------------------^
 * </pre>
 *
 * <p>Tunnels can be opened in any state but CLOSED; control messages are taken while RUNNING.
 * Closing ends the threads (within seconds, whatever they do), then wipes the keys. The TUN device,
 * the socket and the store stay open: they belong to whoever made them.
 */
public final class PacketEngine implements DataPlane, AutoCloseable {
    private static final TunnelTraffic NO_TRAFFIC = new TunnelTraffic(0, 0, 0, 0, 0, 0, 0, 0, 0);

    private final EngineParts parts;
    private final EngineTuning tuning;
    private final Counters counters = new Counters();
    private final BatchMarks outbound = new BatchMarks();
    private final BatchMarks inbound = new BatchMarks();
    private final TunnelTable table;

    // Guarded by this; the field is read by any thread.
    private DataPlaneListener listener;
    private boolean closed;
    private volatile Pipelines pipelines;

    /** An engine as a node runs it. */
    public PacketEngine(EngineParts parts) {
        this(parts, EngineTuning.defaults());
    }

    /** An engine with other tuning, for measurements and tests. */
    public PacketEngine(EngineParts parts, EngineTuning tuning) {
        this.parts = parts;
        this.tuning = tuning;
        this.table =
                new TunnelTable(
                        parts.store(),
                        parts.config().maxTunnels(),
                        parts.random(),
                        outbound,
                        inbound);
    }

    /** Who is told what happens; to be set once, before {@link #start}. */
    public synchronized void setListener(DataPlaneListener listener) {
        this.listener = listener;
    }

    /** Starts the threads. */
    public synchronized void start() {
        if (closed || pipelines != null || listener == null) {
            throw new IllegalStateException(
                    "an engine is started once, with a listener, and not after it was closed");
        }
        Pipelines assembled =
                new Pipelines(parts, tuning, table, counters, outbound, inbound, listener);
        assembled.start();
        pipelines = assembled;
        assembled.sessionsChanged();
    }

    /** Ends the threads and wipes all keys. Idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Pipelines running = pipelines;
        if (running != null) {
            running.stop();
        }
        table.close();
    }

    /** What was counted so far; may be read at any time. */
    public Counters counters() {
        return counters;
    }

    /** Bytes of all packet buffers; they are made at {@link #start} and never grow. 0 before it. */
    public long bufferBytes() {
        Pipelines running = pipelines;
        return running == null ? 0 : running.bufferBytes();
    }

    /** Batches in the outbound ring at present. */
    public long outboundOccupancy() {
        Pipelines running = pipelines;
        return running == null ? 0 : running.outboundOccupancy();
    }

    /** Batches in the inbound ring at present. */
    public long inboundOccupancy() {
        Pipelines running = pipelines;
        return running == null ? 0 : running.inboundOccupancy();
    }

    @Override
    public int openTunnel(Inet4Address virtualIpv4, Inet6Address virtualIpv6, Endpoint endpoint) {
        byte[] ipv4 = virtualIpv4 == null ? null : virtualIpv4.getAddress();
        byte[] ipv6 = virtualIpv6 == null ? null : virtualIpv6.getAddress();
        return table.open(ipv4, ipv6, endpoint);
    }

    @Override
    public int reserveReceiverIndex(int tunnelIndex) {
        return table.reserve(tunnelIndex);
    }

    @Override
    public void releaseReceiverIndex(int receiverIndex) {
        table.release(receiverIndex);
    }

    @Override
    public void installSession(
            int tunnelIndex,
            int receiverIndex,
            int peerReceiverIndex,
            SessionKeys keys,
            boolean confirmed) {
        long nowNanos = parts.nanoClock().getAsLong();
        if (table.install(
                tunnelIndex, receiverIndex, peerReceiverIndex, keys, confirmed, nowNanos)) {
            sessionsChanged();
        }
    }

    @Override
    public void moveEndpoint(int tunnelIndex, Endpoint endpoint) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        if (tunnel != null) {
            tunnel.moveTo(endpoint);
            sessionsChanged();
        }
    }

    @Override
    public void setRelay(int tunnelIndex, RelayChannel channel) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        if (tunnel != null) {
            tunnel.setRelay(channel);
        }
    }

    @Override
    public int relayOverhead(int tunnelIndex) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        Endpoint to = tunnel == null ? null : tunnel.endpoint();
        return to == null || tunnel.relayTo(to) == null ? 0 : RelayChannel.HEADER_LENGTH;
    }

    @Override
    public boolean sendRelayed(int tunnelIndex, byte[] datagram, int length) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        RelayChannel channel = tunnel == null ? null : tunnel.relay();
        if (channel == null) {
            return false;
        }
        byte[] wrapped = channel.wrap(datagram, length);
        return parts.udp().sendSignaling(wrapped, wrapped.length, channel.endpoint())
                == wrapped.length;
    }

    private void sessionsChanged() {
        Pipelines running = pipelines;
        if (running != null) {
            running.sessionsChanged();
        }
    }

    @Override
    public Endpoint endpoint(int tunnelIndex) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        return tunnel == null ? null : tunnel.endpoint();
    }

    @Override
    public void pathMtu(int tunnelIndex, int innerMtu) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        if (tunnel != null) {
            tunnel.innerMtu(innerMtu);
        }
    }

    @Override
    public int pathMtu(int tunnelIndex) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        return tunnel == null ? 0 : tunnel.innerMtu();
    }

    @Override
    public void closeTunnel(int tunnelIndex) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        if (tunnel == null || !table.close(tunnelIndex)) {
            return;
        }
        if (tunnel.ipv4() != null) {
            discardWaiting(tunnel.ipv4());
        }
        if (tunnel.ipv6() != null) {
            discardWaiting(tunnel.ipv6());
        }
    }

    @Override
    public void discardWaiting(byte[] virtualAddress) {
        Pipelines running = pipelines;
        if (running != null) {
            byte[] key = new byte[IpPacket.ADDRESS_KEY_LENGTH];
            IpPacket.addressKey(virtualAddress, key);
            running.request(new OutboundRequest.Discard(key));
        }
    }

    @Override
    public boolean sendControl(int tunnelIndex, byte[] message, Endpoint to) {
        return sendControl(tunnelIndex, message, to, false);
    }

    @Override
    public boolean sendUrgentControl(int tunnelIndex, byte[] message, Endpoint to) {
        return sendControl(tunnelIndex, message, to, true);
    }

    private boolean sendControl(int tunnelIndex, byte[] message, Endpoint to, boolean urgent) {
        if (message.length > SlotLimits.MAX_CONTROL_LENGTH) {
            throw new IllegalArgumentException(
                    "a control message of "
                            + message.length
                            + " bytes; allowed: up to "
                            + SlotLimits.MAX_CONTROL_LENGTH);
        }
        Pipelines running = pipelines;
        Tunnel tunnel = table.tunnel(tunnelIndex);
        boolean possible =
                running != null
                        && tunnel != null
                        && tunnel.current() != null
                        && (to != null || tunnel.endpoint() != null);
        return possible
                && running.request(new OutboundRequest.Control(tunnel, message, to, urgent));
    }

    @Override
    public boolean sendSignaling(byte[] datagram, int length, Endpoint to) {
        return parts.udp().sendSignaling(datagram, length, to) == length;
    }

    @Override
    public TunnelTraffic traffic(int tunnelIndex) {
        Tunnel tunnel = table.tunnel(tunnelIndex);
        if (tunnel == null) {
            return NO_TRAFFIC;
        }
        Session current = tunnel.current();
        return new TunnelTraffic(
                tunnel.packetsIn(),
                tunnel.bytesIn(),
                tunnel.packetsOut(),
                tunnel.bytesOut(),
                tunnel.lastReceivedNanos(),
                tunnel.lastDeliveredNanos(),
                tunnel.lastSentNanos(),
                current == null ? 0 : current.reserved(),
                current == null ? 0 : current.installedNanos());
    }
}
