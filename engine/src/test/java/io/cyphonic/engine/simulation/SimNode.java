package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.MemoryStateStore;
import io.cyphonic.engine.fixtures.SimulatedCloud;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.credential.NodeCertificate;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** A machine with a node on it, which may move, sleep, crash and start again. */
final class SimNode {
    static final int PORT = 7000;

    private static final int MAX_TUNNELS = 32;
    private static final long RESTART_MILLIS = 500;

    private final int number;
    private final long seed;
    private final VirtualTime time;
    private final Host host;
    private final Identities identities;
    private final SimulatedCloud cloud;
    private final Consumer<SimNode> booted;
    private HostRuntime runtime;
    private SimulatedNode node;
    private Place place;
    private int incarnation;

    SimNode(
            int number,
            long seed,
            VirtualTime time,
            Internet internet,
            Identities identities,
            SimulatedCloud cloud,
            Consumer<SimNode> booted) {
        this.number = number;
        this.seed = seed;
        this.time = time;
        this.host = new Host("node-" + number, internet, PORT);
        this.identities = identities;
        this.cloud = cloud;
        this.booted = booted;
    }

    /** Starts the daemon at a place. */
    void start(Place first) {
        place = first;
        host.plug(first.join());
        boot();
    }

    private void boot() {
        runtime = new HostRuntime(time, seed + ":" + number + ":" + incarnation++);
        SimulatedNode.Parts parts =
                new SimulatedNode.Parts(
                        identities.certificate(number),
                        identities.keys(number),
                        cloud.verifier(),
                        cloud.login(identities.certificate(number).nodeId()),
                        new InetSocketAddress("0.0.0.0", PORT),
                        MAX_TUNNELS,
                        new MemoryStateStore());
        node = new SimulatedNode(parts, runtime, runtime, host, seed * 31 + number);
        node.candidates(host.endpoints());
        booted.accept(this);
        node.start();
    }

    /** Leaves a place for another; the node learns of it at its next look. */
    void move(Place next) {
        place = next;
        host.plug(next.join());
        node.candidates(host.endpoints());
    }

    void sleep() {
        host.deaf(true);
        runtime.sleep();
    }

    void wake() {
        runtime.wake();
        host.deaf(false);
    }

    /** The process dies, and another one starts a little later. */
    void restart() {
        long skew = runtime.wallSkewMillis();
        runtime.kill();
        // The kernel closes the socket of a process that dies: nobody answers in its name.
        node.dataPlane().unplug();
        time.after(
                RESTART_MILLIS * 1_000_000,
                () -> {
                    boot();
                    runtime.jump(skew);
                });
    }

    boolean isAsleep() {
        return runtime.isAsleep();
    }

    HostRuntime runtime() {
        return runtime;
    }

    SimulatedNode node() {
        return node;
    }

    Host host() {
        return host;
    }

    Place place() {
        return place;
    }

    int incarnation() {
        return incarnation;
    }

    Inet4Address virtualIpv4() {
        return identities.certificate(number).virtualIpv4();
    }

    NodeCertificate certificate() {
        return identities.certificate(number);
    }

    @Override
    public String toString() {
        return "node-" + number + " at " + place;
    }
}
