package io.cyphonic.engine.cli;

import io.cyphonic.engine.Node;
import io.cyphonic.signaling.net.AddressText;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** {@code cyphonic up}. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the node in the foreground until SIGTERM, SIGINT or cyphonic down.",
            "Prints one line, starting with \"ready\", once it is registered with the cloud.",
            "Needs root or CAP_NET_ADMIN; the virtual interface goes when it ends, however it ends."
        },
        footerHeading = "%nExamples:%n",
        footer = "  cyphonic up --dir /var/lib/cyphonic")
final class UpCommand implements Callable<Integer> {
    private static final int CLOSE_LIMIT_MILLIS = 1900;

    @Spec private CommandSpec spec;
    @Mixin private CommonOptions common;

    private final CountDownLatch end = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Node node = Node.start(common.directory(), end::countDown)) {
            Runtime.getRuntime().addShutdownHook(new Thread(this::endOnSignal, "cy-shutdown"));
            node.control().registered().thenRun(() -> announce(node));
            end.await();
            startCloseLimit();
        } finally {
            ended.countDown();
        }
        return 0;
    }

    private void announce(Node node) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "ready %s %s %s on %s%n",
                node.membership().fqdn(),
                AddressText.format(node.membership().virtualIpv4()),
                AddressText.format(node.membership().virtualIpv6()),
                node.interfaceName());
        out.flush();
    }

    /** SIGTERM and SIGINT are the usual way to end a node: not a failure, hence exit code 0. */
    private void endOnSignal() {
        if (ended.getCount() == 0) {
            return;
        }
        end.countDown();
        try {
            boolean clean = ended.await(CLOSE_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            Runtime.getRuntime().halt(clean ? 0 : NodeMain.FAILED);
        } catch (InterruptedException _) {
            Runtime.getRuntime().halt(NodeMain.FAILED);
        }
    }

    /** Whatever hangs, the process ends; the kernel then removes the interface. */
    private static void startCloseLimit() {
        Thread limit =
                new Thread(
                        () -> {
                            try {
                                Thread.sleep(CLOSE_LIMIT_MILLIS);
                            } catch (InterruptedException _) {
                                return;
                            }
                            System.err.println("cyphonic: ending took too long, cut short");
                            Runtime.getRuntime().halt(NodeMain.FAILED);
                        },
                        "cy-close-limit");
        limit.setDaemon(true);
        limit.start();
    }
}
