package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.MemoryStateStore;
import io.cyphonic.engine.fixtures.SimulatedCloud;
import io.cyphonic.engine.fixtures.VirtualRuntime;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.credential.CertificateAuthority;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.RelayServer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A CA and the keys of some nodes, made once: making them anew for every run would take longer than
 * the run.
 */
final class Identities implements AutoCloseable {
    /** Most nodes of a run. */
    static final int NODES = 6;

    /** What the cloud and the relay share. */
    static final byte[] RELAY_SECRET = new byte[RelayKeys.SECRET_LENGTH];

    private final CertificateAuthority authority;
    private final List<NodeKeys> keys = new ArrayList<>();
    private final List<NodeCertificate> certificates = new ArrayList<>();

    Identities(Path directory) throws IOException {
        authority =
                CertificateAuthority.create(
                        directory,
                        SimulatedCloud.ZONE,
                        VirtualRuntime.seeded("the authority"),
                        VirtualTime.WALL_START_MILLIS);
        VirtualTime time = new VirtualTime();
        Internet nowhere = new Internet(time, new Random(0));
        try (SimulatedCloud cloud =
                cloud(new Host("cloud", nowhere, 0), List.of(), time, List.of())) {
            for (int i = 0; i < NODES; i++) {
                keys.add(NodeKeys.generate(VirtualRuntime.seeded("node " + i)));
                certificates.add(cloud.enrol("node-" + i, keys.get(i)));
            }
        }
    }

    /** A cloud that knows the nodes. */
    SimulatedCloud cloudOf(
            Host host,
            List<InetSocketAddress> addresses,
            VirtualTime time,
            List<RelayServer> relays) {
        SimulatedCloud cloud = cloud(host, addresses, time, relays);
        for (int i = 0; i < NODES; i++) {
            cloud.admit("node-" + i, keys.get(i), certificates.get(i));
        }
        return cloud;
    }

    private SimulatedCloud cloud(
            Host host,
            List<InetSocketAddress> addresses,
            VirtualTime time,
            List<RelayServer> relays) {
        return new SimulatedCloud(
                host,
                addresses,
                time::wallMillis,
                VirtualRuntime.seeded("the cloud"),
                authority,
                new MemoryStateStore(),
                relays,
                RELAY_SECRET);
    }

    CertificateAuthority authority() {
        return authority;
    }

    NodeKeys keys(int node) {
        return keys.get(node);
    }

    NodeCertificate certificate(int node) {
        return certificates.get(node);
    }

    @Override
    public void close() {
        keys.forEach(NodeKeys::close);
        authority.close();
    }
}
