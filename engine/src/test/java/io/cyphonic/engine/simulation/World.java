package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.SimulatedCloud;
import io.cyphonic.engine.fixtures.VirtualTime;
import io.cyphonic.signaling.net.Endpoint;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** An internet with a cloud, places and nodes in virtual time; all of it follows from one seed. */
final class World implements AutoCloseable {
    static final int NMS_PORT = 7447;
    private static final Inet4Address CLOUD_IPV4 = Place.ipv4(198, 51, 100, 1);

    private final long seed;
    private final VirtualTime time = new VirtualTime();
    private final Random random;
    private final Internet internet;
    private final Identities identities;
    private final SimRelay relay;
    private final Host cloudHost;
    private final SimulatedCloud cloud;
    private final List<Place> places = new ArrayList<>();
    private final List<SimNode> nodes = new ArrayList<>();
    private final List<Flow> flows = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final Invariants invariants;
    private Impostor impostor;

    World(long seed, Identities identities) {
        this.seed = seed;
        this.random = new Random(seed);
        this.internet = new Internet(time, new Random(seed ^ 0x5DEECE66DL));
        this.identities = identities;
        this.relay = new SimRelay(time, internet);
        this.cloudHost = new Host("cloud", internet, NMS_PORT);
        List<Host.Interface> interfaces =
                List.of(
                        new Host.Interface(internet.backbone(), CLOUD_IPV4),
                        new Host.Interface(internet.backbone(), Place.ipv6(255, 1)));
        cloudHost.plug(interfaces);
        this.cloud =
                identities.cloudOf(cloudHost, cloudHost.endpoints(), time, List.of(relay.server()));
        this.invariants = new Invariants(this);
    }

    /** Chance for whoever decides what happens; the network has its own. */
    Random random() {
        return random;
    }

    VirtualTime time() {
        return time;
    }

    Internet internet() {
        return internet;
    }

    SimulatedCloud cloud() {
        return cloud;
    }

    SimRelay relay() {
        return relay;
    }

    List<Place> places() {
        return places;
    }

    List<SimNode> nodes() {
        return nodes;
    }

    List<Flow> flows() {
        return flows;
    }

    Invariants invariants() {
        return invariants;
    }

    Place place(Place.Kind kind) {
        return add(new Place(internet, random, kind, places.size() + 1));
    }

    Place place(Place.Kind kind, NatBehaviour nat) {
        return add(new Place(internet, random, kind, places.size() + 1, nat));
    }

    private Place add(Place place) {
        places.add(place);
        return place;
    }

    /** Lets somebody on the backbone pass himself off as others. */
    Impostor impostor(Impostor.Kind kind) {
        impostor = new Impostor(this, kind);
        return impostor;
    }

    boolean hasImpostor() {
        return impostor != null;
    }

    boolean isImpostor(InetSocketAddress endpoint) {
        return impostor != null && impostor.isAt(endpoint);
    }

    /** Whether an endpoint is that of an impostor who passes on what he gets. */
    boolean isForwarder(InetSocketAddress endpoint) {
        return impostor != null && impostor.isForwarder() && impostor.isAt(endpoint);
    }

    /** What the life of this world follows from. */
    long seed() {
        return seed;
    }

    /** Adds a node and starts it. */
    SimNode node(Place place) {
        SimNode node =
                new SimNode(nodes.size(), seed, time, internet, identities, cloud, this::listen);
        nodes.add(node);
        node.start(place);
        return node;
    }

    private void listen(SimNode node) {
        node.node().dataPlane().onMove((peer, to) -> onMove(node, peer, to.toSocketAddress()));
        node.node().dataPlane().onPacket((peer, packet) -> onPacket(node, peer, packet));
    }

    private void onMove(SimNode node, Inet4Address peer, InetSocketAddress to) {
        invariants.onMove(node, nodeOf(peer), to);
    }

    private void onPacket(SimNode node, Inet4Address peer, byte[] packet) {
        byte[] answer = Flow.answer(packet);
        if (answer != null) {
            node.node().dataPlane().sendPacket(peer, answer);
            return;
        }
        flows.stream()
                .filter(flow -> flow.client() == node && flow.server() == nodeOf(peer))
                .forEach(flow -> flow.onAnswer(packet));
    }

    private SimNode nodeOf(Inet4Address virtualIpv4) {
        return nodes.stream()
                .filter(node -> node.virtualIpv4().equals(virtualIpv4))
                .findFirst()
                .orElseThrow();
    }

    /** Lets an application on one node talk to one on another. */
    Flow flow(SimNode client, SimNode server, Duration interval) {
        Flow flow = new Flow(client, server, time, interval.toNanos());
        flows.add(flow);
        note("flow " + flow);
        return flow;
    }

    /** Where a node's tunnel to another sends at present, or {@code null}. */
    Endpoint endpoint(SimNode from, SimNode to) {
        return from.node().plane().peers().stream()
                .filter(peer -> peer.virtualIpv4().equals(to.virtualIpv4()))
                .findFirst()
                .map(peer -> peer.endpoint())
                .orElse(null);
    }

    void advance(Duration duration) {
        time.advance(duration);
    }

    boolean runUntil(BooleanSupplier condition, Duration longest) {
        return time.runUntil(condition, longest);
    }

    /** Remembers what was done, to be printed with a failure. */
    void note(String event) {
        events.add("%8.3f s  %s".formatted(time.nanoTime() / 1e9, event));
    }

    AssertionError failure(String what) {
        StringBuilder text = new StringBuilder("seed " + seed + ": " + what);
        text.append("\n  ").append(SimulationTest.alone(seed));
        nodes.forEach(node -> text.append("\n  ").append(node));
        events.forEach(event -> text.append("\n  ").append(event));
        return new AssertionError(text.toString());
    }

    @Override
    public void close() {
        cloud.close();
    }
}
