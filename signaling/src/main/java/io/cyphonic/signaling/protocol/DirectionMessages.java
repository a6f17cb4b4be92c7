package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToInitiator;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.sbe.DirectionRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.DirectionRequestEncoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderDecoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderEncoder;
import io.cyphonic.signaling.protocol.sbe.Procedure;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionConfirmationDecoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionConfirmationEncoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionToInitiatorDecoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionToInitiatorEncoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionToResponderDecoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionToResponderEncoder;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The messages of route direction: how a node finds the way to a peer through the NMS. */
final class DirectionMessages {
    private DirectionMessages() {}

    static int encode(DirectionRequest m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        DirectionRequestEncoder e =
                new DirectionRequestEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.address(e.virtualAddress(), m.virtualAddress());
        byte[] fqdn = FieldWriter.text(m.fqdn());
        return e.putFqdn(fqdn, 0, fqdn.length).encodedLength();
    }

    static DirectionRequest directionRequest(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        DirectionRequestDecoder d =
                new DirectionRequestDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new DirectionRequest(
                d.transactionId(),
                reader.text(d.fqdnLength(), d::getFqdn),
                reader.address(d.virtualAddress()));
    }

    static int encode(
            RouteDirectionToResponder m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RouteDirectionToResponderEncoder e =
                new RouteDirectionToResponderEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.id(e.pathId(), m.pathId());
        FieldWriter.id(e.initiatorId(), m.initiatorId());
        FieldWriter.address(e.virtualIpv4(), m.virtualIpv4());
        FieldWriter.address(e.virtualIpv6(), m.virtualIpv6());
        e.procedure(FieldWriter.procedure(m.procedure()));
        var group =
                e.candidatesCount(
                        FieldWriter.count(m.candidates(), ControlMessageCodec.MAX_LIST_LENGTH));
        for (Candidate candidate : m.candidates()) {
            FieldWriter.endpoint(group.next().endpoint(), candidate.address());
            group.kind(candidate.kind());
        }
        byte[] fqdn = FieldWriter.text(m.fqdn());
        byte[] sealedState = FieldWriter.data(m.sealedState());
        byte[] grant = RelayFields.encode(m.relayGrant());
        e.putFqdn(fqdn, 0, fqdn.length).putSealedState(sealedState, 0, sealedState.length);
        e.putRelayGrant(grant, 0, grant.length);
        return e.encodedLength();
    }

    static RouteDirectionToResponder toResponder(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        RouteDirectionToResponderDecoder d =
                new RouteDirectionToResponderDecoder().wrapAndApplyHeader(buffer, 0, header);
        Procedure procedure = reader.procedure(d.procedureRaw());
        reader.require(procedure != null);
        List<Candidate> candidates = new ArrayList<>();
        for (var group = d.candidates(); group.hasNext(); ) {
            reader.addCandidate(candidates, group.next().endpoint(), group.kindRaw());
        }
        return new RouteDirectionToResponder(
                d.transactionId(),
                reader.id(d.pathId()),
                reader.id(d.initiatorId()),
                reader.ipv4(d.virtualIpv4()),
                reader.ipv6(d.virtualIpv6()),
                procedure,
                Collections.unmodifiableList(candidates),
                reader.text(d.fqdnLength(), d::getFqdn),
                reader.data(d.sealedStateLength(), d::getSealedState),
                RelayFields.grant(reader.data(d.relayGrantLength(), d::getRelayGrant), reader));
    }

    static int encode(
            RouteDirectionConfirmation m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RouteDirectionConfirmationEncoder e =
                new RouteDirectionConfirmationEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.id(e.pathId(), m.pathId());
        e.status(m.status());
        byte[] sealedState = FieldWriter.data(m.sealedState());
        return e.putSealedState(sealedState, 0, sealedState.length).encodedLength();
    }

    static RouteDirectionConfirmation confirmation(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        RouteDirectionConfirmationDecoder d =
                new RouteDirectionConfirmationDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new RouteDirectionConfirmation(
                d.transactionId(),
                reader.id(d.pathId()),
                reader.status(d.statusRaw()),
                reader.data(d.sealedStateLength(), d::getSealedState));
    }

    static int encode(
            RouteDirectionToInitiator m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        RouteDirectionToInitiatorEncoder e =
                new RouteDirectionToInitiatorEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.transactionId(m.transactionId());
        FieldWriter.id(e.pathId(), m.pathId());
        FieldWriter.id(e.responderId(), m.responderId());
        FieldWriter.address(e.virtualIpv4(), m.virtualIpv4());
        FieldWriter.address(e.virtualIpv6(), m.virtualIpv6());
        e.procedure(FieldWriter.procedure(m.procedure())).status(m.status());
        var group =
                e.candidatesCount(
                        FieldWriter.count(m.candidates(), ControlMessageCodec.MAX_LIST_LENGTH));
        for (Candidate candidate : m.candidates()) {
            FieldWriter.endpoint(group.next().endpoint(), candidate.address());
            group.kind(candidate.kind());
        }
        byte[] fqdn = FieldWriter.text(m.fqdn());
        byte[] certificate = FieldWriter.data(m.certificate());
        byte[] grant = RelayFields.encode(m.relayGrant());
        e.putFqdn(fqdn, 0, fqdn.length).putCertificate(certificate, 0, certificate.length);
        e.putRelayGrant(grant, 0, grant.length);
        return e.encodedLength();
    }

    static RouteDirectionToInitiator toInitiator(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        RouteDirectionToInitiatorDecoder d =
                new RouteDirectionToInitiatorDecoder().wrapAndApplyHeader(buffer, 0, header);
        Status status = reader.status(d.statusRaw());
        Procedure procedure = reader.procedure(d.procedureRaw());
        reader.require(procedure != null || status != Status.OK);
        List<Candidate> candidates = new ArrayList<>();
        for (var group = d.candidates(); group.hasNext(); ) {
            reader.addCandidate(candidates, group.next().endpoint(), group.kindRaw());
        }
        return new RouteDirectionToInitiator(
                d.transactionId(),
                status,
                reader.id(d.pathId()),
                reader.id(d.responderId()),
                reader.ipv4(d.virtualIpv4()),
                reader.ipv6(d.virtualIpv6()),
                procedure,
                Collections.unmodifiableList(candidates),
                reader.text(d.fqdnLength(), d::getFqdn),
                reader.data(d.certificateLength(), d::getCertificate),
                RelayFields.grant(reader.data(d.relayGrantLength(), d::getRelayGrant), reader));
    }
}
