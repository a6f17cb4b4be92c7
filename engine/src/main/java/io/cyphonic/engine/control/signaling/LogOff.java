package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.cloud.CloudLink;
import io.cyphonic.engine.control.cloud.CloudRequests;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Says goodbye to the cloud, without insisting: the registration ends with its login anyway. */
final class LogOff {
    /** For the answer to what is under way to the cloud. */
    private static final long QUIET_MILLIS = 150;

    private static final long FINALIZATION_MILLIS = 350;

    private final CloudLink cloud;
    private final CloudRequests requests;
    private final SharedState state;
    private final CompletableFuture<Void> finalized = new CompletableFuture<>();

    LogOff(CloudLink cloud, CloudRequests requests, SharedState state) {
        this.cloud = cloud;
        this.requests = requests;
        this.state = state;
    }

    /** First: nothing new is asked; waits for answers a moment. */
    void quieten() {
        await(cloud.stop(), QUIET_MILLIS);
    }

    /** Last: tells the NMS, and waits for its answer a moment. */
    void finish() {
        CloudRecord record = state.cloud();
        if (!record.isRegistered() || record.linkCount() == 0) {
            return;
        }
        boolean sent =
                requests.send(
                        requests.newTransactionId(),
                        requests.request(Kind.FINALIZATION, record.endpoint(0)),
                        (_, _) -> {});
        if (sent) {
            await(finalized, FINALIZATION_MILLIS);
        }
    }

    /** The NMS has answered. */
    void onFinalized() {
        finalized.complete(null);
    }

    private static void await(CompletableFuture<Void> answer, long millis) {
        try {
            answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException _) {
            // Best effort.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
