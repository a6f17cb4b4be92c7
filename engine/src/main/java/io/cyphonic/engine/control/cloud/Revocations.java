package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.engine.control.state.TransactionRecord;
import io.cyphonic.engine.control.state.TransactionRecord.Kind;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.Id128;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.function.Consumer;

/**
 * Learns who was revoked: from notices that the cloud pushes, and by asking when the cloud's epoch
 * shows that one was missed. Revocations are counted: a notice of n nodes at epoch e tells all
 * about the epochs after e - n.
 */
public final class Revocations {
    private static final Logger LOG = LoggerFactory.getLogger(Revocations.class);

    /** Entries in a full notice: there may be more. */
    private static final int FULL_NOTICE = 32;

    private final SharedState state;
    private final CloudRequests requests;
    private final Consumer<Id128> revoked;

    /**
     * Makes the learner.
     *
     * @param revoked is told of every node when it is first known to be revoked
     */
    public Revocations(SharedState state, CloudRequests requests, Consumer<Id128> revoked) {
        this.state = state;
        this.requests = requests;
        this.revoked = revoked;
    }

    /** The cloud is at this epoch. */
    public void onEpoch(long epoch) {
        if (epoch > state.cloud().revocationEpoch()) {
            query();
        }
    }

    /** Somebody was revoked, or the answer to a query has come. */
    public void onNotice(RevocationNotice notice, CloudLink link) {
        for (Id128 nodeId : notice.revoked()) {
            if (!state.isRevoked(nodeId)) {
                if (!state.revoke(nodeId)) {
                    // The tunnel goes all the same; a new one would be refused by the cloud alone.
                    LOG.warn("no room to remember that node {} was revoked", nodeId);
                }
                revoked.accept(nodeId);
            }
        }
        TransactionRecord query = requests.take(notice.transactionId(), Kind.REVOCATIONS);
        long known = state.cloud().revocationEpoch();
        boolean joins =
                query != null && query.argument() <= known
                        || notice.revocationEpoch() - notice.revoked().size() <= known;
        if (joins) {
            link.revocationsKnown(notice.revocationEpoch());
        }
        boolean more = query != null && notice.revoked().size() >= FULL_NOTICE;
        if (!joins || more) {
            query();
        }
    }

    private void query() {
        CloudRecord cloud = state.cloud();
        for (int link = 0; link < cloud.linkCount(); link++) {
            if (cloud.linkState(link) == CloudRecord.LinkState.REGISTERED) {
                TransactionRecord request =
                        requests.request(Kind.REVOCATIONS, cloud.endpoint(link));
                request.argument(cloud.revocationEpoch());
                // Unanswered is no trouble: the next keep-alive names the epoch again.
                requests.send(requests.newTransactionId(), request, (_, _) -> {});
                return;
            }
        }
    }
}
