package io.cyphonic.engine.cli;

import io.cyphonic.engine.local.ControlSocketClient;
import io.cyphonic.engine.local.DirectoryLock;
import io.cyphonic.engine.local.LocalCommandException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code cyphonic down}. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = "Ends the running node and waits until it is gone.",
        footerHeading = "%nExamples:%n",
        footer = "  cyphonic down --dir /var/lib/cyphonic")
final class DownCommand implements Callable<Integer> {
    private static final int LOOKS = 100;
    private static final int BETWEEN_LOOKS_MILLIS = 50;

    @Mixin private CommonOptions common;

    @Override
    public Integer call() throws LocalCommandException, IOException, InterruptedException {
        new ControlSocketClient(common.directory()).ask(Map.of("command", "down"), _ -> {});
        // The lock is the last thing a node lets go of.
        for (int look = 0; look < LOOKS; look++) {
            Optional<DirectoryLock> lock = DirectoryLock.tryAcquire(common.directory());
            if (lock.isPresent()) {
                lock.get().close();
                return 0;
            }
            Thread.sleep(BETWEEN_LOOKS_MILLIS);
        }
        throw new CommandException(
                "the node was told to end, but still runs after %d s"
                        .formatted(LOOKS * BETWEEN_LOOKS_MILLIS / 1000));
    }
}
