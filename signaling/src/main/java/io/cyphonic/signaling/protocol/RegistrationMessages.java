package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.ControlMessage.Finalization;
import io.cyphonic.signaling.protocol.ControlMessage.FinalizationAck;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationQuery;
import io.cyphonic.signaling.protocol.sbe.FinalizationAckDecoder;
import io.cyphonic.signaling.protocol.sbe.FinalizationAckEncoder;
import io.cyphonic.signaling.protocol.sbe.FinalizationDecoder;
import io.cyphonic.signaling.protocol.sbe.FinalizationEncoder;
import io.cyphonic.signaling.protocol.sbe.KeepAliveAckDecoder;
import io.cyphonic.signaling.protocol.sbe.KeepAliveAckEncoder;
import io.cyphonic.signaling.protocol.sbe.KeepAliveDecoder;
import io.cyphonic.signaling.protocol.sbe.KeepAliveEncoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderDecoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderEncoder;
import io.cyphonic.signaling.protocol.sbe.RegistrationRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.RegistrationRequestEncoder;
import io.cyphonic.signaling.protocol.sbe.RegistrationResponseDecoder;
import io.cyphonic.signaling.protocol.sbe.RegistrationResponseEncoder;
import io.cyphonic.signaling.protocol.sbe.RevocationNoticeDecoder;
import io.cyphonic.signaling.protocol.sbe.RevocationNoticeEncoder;
import io.cyphonic.signaling.protocol.sbe.RevocationQueryDecoder;
import io.cyphonic.signaling.protocol.sbe.RevocationQueryEncoder;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The messages between node and NMS about the node itself, and revocations. */
final class RegistrationMessages {
    /** Schema version that added the confirmation of observed addresses. */
    private static final int CONFIRMING_VERSION = 2;

    private RegistrationMessages() {}

    static int encode(
            RegistrationRequest m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RegistrationRequestEncoder e =
                new RegistrationRequestEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.endpoint(e.confirmed(), m.confirmed());
        e.proof(m.proof());
        var group =
                e.candidatesCount(
                        FieldWriter.count(
                                m.candidates(), ControlMessageCodec.MAX_REGISTERED_CANDIDATES));
        for (Candidate candidate : m.candidates()) {
            FieldWriter.endpoint(group.next().endpoint(), candidate.address());
            group.kind(candidate.kind());
        }
        byte[] roundTrips = RelayFields.encodeRoundTrips(m.relayRoundTrips());
        return e.putRelayRoundTrips(roundTrips, 0, roundTrips.length).encodedLength();
    }

    static RegistrationRequest registrationRequest(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        RegistrationRequestDecoder d =
                new RegistrationRequestDecoder().wrapAndApplyHeader(buffer, 0, header);
        boolean confirms = header.version() >= CONFIRMING_VERSION;
        final InetSocketAddress confirmed = confirms ? reader.endpoint(d.confirmed()) : null;
        final long proof = confirms ? d.proof() : 0;
        List<Candidate> candidates = new ArrayList<>();
        for (var group = d.candidates(); group.hasNext(); ) {
            reader.addCandidate(candidates, group.next().endpoint(), group.kindRaw());
        }
        byte[] roundTrips = reader.data(d.relayRoundTripsLength(), d::getRelayRoundTrips);
        return new RegistrationRequest(
                d.transactionId(),
                Collections.unmodifiableList(candidates),
                RelayFields.roundTrips(roundTrips, reader),
                confirmed,
                proof);
    }

    static int encode(
            RegistrationResponse m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RegistrationResponseEncoder e =
                new RegistrationResponseEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.endpoint(e.observed(), m.observed());
        e.revocationEpoch(m.revocationEpoch()).status(m.status()).proof(m.proof());
        return e.encodedLength();
    }

    static RegistrationResponse registrationResponse(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        RegistrationResponseDecoder d =
                new RegistrationResponseDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new RegistrationResponse(
                d.transactionId(),
                reader.status(d.statusRaw()),
                reader.endpoint(d.observed()),
                d.revocationEpoch(),
                header.version() >= CONFIRMING_VERSION ? d.proof() : 0);
    }

    static int encode(KeepAlive m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        KeepAliveEncoder e = new KeepAliveEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.transactionId(m.transactionId()).encodedLength();
    }

    static KeepAlive keepAlive(DirectBuffer buffer, MessageHeaderDecoder header) {
        return new KeepAlive(
                new KeepAliveDecoder().wrapAndApplyHeader(buffer, 0, header).transactionId());
    }

    static int encode(KeepAliveAck m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        KeepAliveAckEncoder e = new KeepAliveAckEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.endpoint(e.observed(), m.observed());
        e.revocationEpoch(m.revocationEpoch()).status(m.status());
        return e.encodedLength();
    }

    static KeepAliveAck keepAliveAck(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        KeepAliveAckDecoder d = new KeepAliveAckDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new KeepAliveAck(
                d.transactionId(),
                reader.status(d.statusRaw()),
                reader.endpoint(d.observed()),
                d.revocationEpoch());
    }

    static int encode(Finalization m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        FinalizationEncoder e = new FinalizationEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.transactionId(m.transactionId()).encodedLength();
    }

    static Finalization finalization(DirectBuffer buffer, MessageHeaderDecoder header) {
        return new Finalization(
                new FinalizationDecoder().wrapAndApplyHeader(buffer, 0, header).transactionId());
    }

    static int encode(FinalizationAck m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        FinalizationAckEncoder e =
                new FinalizationAckEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.transactionId(m.transactionId()).status(m.status()).encodedLength();
    }

    static FinalizationAck finalizationAck(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        FinalizationAckDecoder d =
                new FinalizationAckDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new FinalizationAck(d.transactionId(), reader.status(d.statusRaw()));
    }

    static int encode(RevocationQuery m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RevocationQueryEncoder e =
                new RevocationQueryEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.transactionId(m.transactionId()).afterEpoch(m.afterEpoch()).encodedLength();
    }

    static RevocationQuery revocationQuery(DirectBuffer buffer, MessageHeaderDecoder header) {
        RevocationQueryDecoder d =
                new RevocationQueryDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new RevocationQuery(d.transactionId(), d.afterEpoch());
    }

    static int encode(RevocationNotice m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RevocationNoticeEncoder e =
                new RevocationNoticeEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId()).revocationEpoch(m.revocationEpoch());
        var group =
                e.revokedCount(FieldWriter.count(m.revoked(), ControlMessageCodec.MAX_LIST_LENGTH));
        for (Id128 nodeId : m.revoked()) {
            FieldWriter.id(group.next().nodeId(), nodeId);
        }
        return e.encodedLength();
    }

    static RevocationNotice revocationNotice(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        RevocationNoticeDecoder d =
                new RevocationNoticeDecoder().wrapAndApplyHeader(buffer, 0, header);
        List<Id128> revoked = new ArrayList<>();
        for (var group = d.revoked(); group.hasNext(); ) {
            revoked.add(reader.id(group.next().nodeId()));
        }
        return new RevocationNotice(
                d.transactionId(), d.revocationEpoch(), Collections.unmodifiableList(revoked));
    }
}
