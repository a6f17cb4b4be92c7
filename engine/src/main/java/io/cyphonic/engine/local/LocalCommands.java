package io.cyphonic.engine.local;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** The commands of a running node. */
public final class LocalCommands {
    private static final Duration PING_INTERVAL = Duration.ofSeconds(1);

    private LocalCommands() {}

    /**
     * The commands by name.
     *
     * @param cloudAddresses where the cloud listens, for {@code netcheck}
     * @param nanoClock measures round trips
     * @param onDown asks the node to end; must not wait for it
     */
    public static Map<String, LocalCommand> of(
            NodeView node,
            List<InetSocketAddress> cloudAddresses,
            LongSupplier nanoClock,
            Runnable onDown) {
        NetworkCheck check = new NetworkCheck(node, cloudAddresses, nanoClock);
        return Map.of(
                "status", (_, replies) -> replies.send(StatusReport.of(node)),
                "ping", new PingCommand(node.membership(), node.control(), PING_INTERVAL),
                "netcheck", (_, replies) -> replies.send(check.report()),
                "down",
                        (_, replies) -> {
                            replies.send(Map.of("stopping", true));
                            onDown.run();
                        });
    }
}
