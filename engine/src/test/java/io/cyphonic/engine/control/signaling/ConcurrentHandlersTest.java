package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.control.VirtualThreadRuntime;
import io.cyphonic.engine.fixtures.RealTime;
import io.cyphonic.engine.fixtures.SignalingNetwork;
import io.cyphonic.engine.fixtures.SignalingNetwork.Weather;
import io.cyphonic.engine.fixtures.SimulatedCloud;
import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.signaling.credential.NodeCertificate;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The same as in virtual time, with every handler on a virtual thread of its own. */
@Timeout(120)
class ConcurrentHandlersTest {
    private static final long SEED = 4711;
    private static final int INITIATORS = 20;
    private static final int RESPONDERS = 5;
    private static final int MAX_TUNNELS = 64;

    @TempDir Path directory;

    private final SecureRandom random = new SecureRandom();
    private final List<VirtualThreadRuntime> runtimes = new ArrayList<>();

    @Test
    void shouldShareTheTablesWhenManyHandlersRunAtOnce() throws Exception {
        try (RealTime time = new RealTime()) {
            SignalingNetwork network = new SignalingNetwork(time, SEED);
            network.weather(new Weather(0, 0.3, 0.1, 40));
            try (SimulatedCloud cloud =
                    new SimulatedCloud(network, System::currentTimeMillis, random, directory)) {
                run(time, network, cloud);
            }
        }
    }

    @Test
    void shouldHearTheCloudsAnswerWhenANodeShutsDown() throws Exception {
        try (RealTime time = new RealTime()) {
            SignalingNetwork network = new SignalingNetwork(time, SEED);
            try (SimulatedCloud cloud =
                    new SimulatedCloud(network, System::currentTimeMillis, random, directory)) {
                SimulatedNode node = node(time, network, cloud, 0);
                node.plane().registered().get(60, TimeUnit.SECONDS);

                node.plane().close();

                assertThat(node.drops()).isZero();
                assertThat(node.plane().sharedState().transactions().size()).isZero();
                node.close();
            }
        }
    }

    private void run(RealTime time, SignalingNetwork network, SimulatedCloud cloud)
            throws Exception {
        List<SimulatedNode> nodes = new ArrayList<>();
        for (int i = 0; i < INITIATORS + RESPONDERS; i++) {
            nodes.add(node(time, network, cloud, i));
        }
        try {
            CompletableFuture.allOf(
                            nodes.stream()
                                    .map(each -> each.plane().registered())
                                    .toArray(CompletableFuture<?>[]::new))
                    .get(60, TimeUnit.SECONDS);
            List<SimulatedNode> responders = nodes.subList(0, RESPONDERS);
            List<SimulatedNode> initiators = nodes.subList(RESPONDERS, nodes.size());
            List<CompletableFuture<Reached>> answers = new ArrayList<>();
            for (SimulatedNode initiator : initiators) {
                for (SimulatedNode responder : responders) {
                    answers.add(initiator.plane().reach(responder.fqdn()));
                    answers.add(responder.plane().reach(initiator.fqdn()));
                }
            }

            for (CompletableFuture<Reached> answer : answers) {
                assertThat(answer.get(60, TimeUnit.SECONDS)).isInstanceOf(Reached.Up.class);
            }

            assertThat(responders)
                    .allSatisfy(each -> assertThat(each.dataPlane().tunnels()).hasSize(INITIATORS));
            assertThat(initiators)
                    .allSatisfy(each -> assertThat(each.dataPlane().tunnels()).hasSize(RESPONDERS));
        } finally {
            runtimes.forEach(VirtualThreadRuntime::close);
            nodes.forEach(SimulatedNode::close);
        }
    }

    private SimulatedNode node(
            RealTime time, SignalingNetwork network, SimulatedCloud cloud, int number) {
        NodeKeys keys = NodeKeys.generate(random);
        NodeCertificate certificate = cloud.enrol("node-" + number, keys);
        VirtualThreadRuntime runtime = new VirtualThreadRuntime(random);
        runtimes.add(runtime);
        return new SimulatedNode(
                        new SimulatedNode.Parts(
                                certificate,
                                keys,
                                cloud.verifier(),
                                cloud.login(certificate.nodeId()),
                                new InetSocketAddress("10.0.1." + (number + 1), 7000),
                                MAX_TUNNELS,
                                new ChronicleStateStore()),
                        runtime,
                        time,
                        network,
                        SEED + number)
                .start();
    }
}
