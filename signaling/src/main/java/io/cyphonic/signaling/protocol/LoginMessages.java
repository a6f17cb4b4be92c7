package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.ControlMessage.EnrolRequest;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolResponse;
import io.cyphonic.signaling.protocol.ControlMessage.LoginRequest;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.sbe.EnrolRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.EnrolRequestEncoder;
import io.cyphonic.signaling.protocol.sbe.EnrolResponseDecoder;
import io.cyphonic.signaling.protocol.sbe.EnrolResponseEncoder;
import io.cyphonic.signaling.protocol.sbe.LoginRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.LoginRequestEncoder;
import io.cyphonic.signaling.protocol.sbe.LoginResponseDecoder;
import io.cyphonic.signaling.protocol.sbe.LoginResponseEncoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderDecoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderEncoder;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The messages between node and AS. Fields are read in schema order: the generated decoders keep a
 * position for lists and byte strings.
 */
final class LoginMessages {
    private LoginMessages() {}

    static int encode(EnrolRequest m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        EnrolRequestEncoder e = new EnrolRequestEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.clientTimeMillis(m.clientTimeMillis());
        FieldWriter.id(e.invitationId(), m.invitationId());
        byte[] secret = FieldWriter.data(m.secret());
        byte[] request = FieldWriter.data(m.certificateRequest());
        e.putSecret(secret, 0, secret.length).putCertificateRequest(request, 0, request.length);
        return e.encodedLength();
    }

    static EnrolRequest enrolRequest(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        EnrolRequestDecoder d = new EnrolRequestDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new EnrolRequest(
                d.clientTimeMillis(),
                reader.id(d.invitationId()),
                reader.data(d.secretLength(), d::getSecret),
                reader.data(d.certificateRequestLength(), d::getCertificateRequest));
    }

    static int encode(EnrolResponse m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        EnrolResponseEncoder e = new EnrolResponseEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.serverTimeMillis(m.serverTimeMillis());
        FieldWriter.id(e.nodeId(), m.nodeId());
        FieldWriter.address(e.virtualIpv4(), m.virtualIpv4());
        FieldWriter.address(e.virtualIpv6(), m.virtualIpv6());
        e.ipv4PrefixLength((short) m.ipv4PrefixLength());
        e.ipv6PrefixLength((short) m.ipv6PrefixLength());
        e.status(m.status());
        byte[] fqdn = FieldWriter.text(m.fqdn());
        byte[] zone = FieldWriter.text(m.zone());
        byte[] certificate = FieldWriter.data(m.certificate());
        e.putFqdn(fqdn, 0, fqdn.length).putZone(zone, 0, zone.length);
        e.putCertificate(certificate, 0, certificate.length);
        return e.encodedLength();
    }

    static EnrolResponse enrolResponse(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        EnrolResponseDecoder d = new EnrolResponseDecoder().wrapAndApplyHeader(buffer, 0, header);
        long serverTimeMillis = d.serverTimeMillis();
        Id128 nodeId = reader.id(d.nodeId());
        Inet4Address ipv4 = reader.ipv4(d.virtualIpv4());
        Inet6Address ipv6 = reader.ipv6(d.virtualIpv6());
        return new EnrolResponse(
                reader.status(d.statusRaw()),
                serverTimeMillis,
                nodeId,
                ipv4,
                reader.prefixLength(d.ipv4PrefixLength(), 32),
                ipv6,
                reader.prefixLength(d.ipv6PrefixLength(), 128),
                reader.text(d.fqdnLength(), d::getFqdn),
                reader.text(d.zoneLength(), d::getZone),
                reader.data(d.certificateLength(), d::getCertificate));
    }

    static int encode(LoginRequest m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        LoginRequestEncoder e = new LoginRequestEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.clientTimeMillis(m.clientTimeMillis());
        byte[] request = FieldWriter.data(m.certificateRequest());
        e.putCertificateRequest(request, 0, request.length);
        return e.encodedLength();
    }

    static LoginRequest loginRequest(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        LoginRequestDecoder d = new LoginRequestDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new LoginRequest(
                d.clientTimeMillis(),
                reader.data(d.certificateRequestLength(), d::getCertificateRequest));
    }

    static int encode(LoginResponse m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        LoginResponseEncoder e = new LoginResponseEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.serverTimeMillis(m.serverTimeMillis());
        FieldWriter.id(e.nodeId(), m.nodeId());
        e.loginId(m.loginId()).expiryMillis(m.expiryMillis()).revocationEpoch(m.revocationEpoch());
        e.keepAliveSeconds(m.keepAliveSeconds()).status(m.status());
        var group =
                e.nmsEndpointsCount(
                        FieldWriter.count(m.nmsEndpoints(), ControlMessageCodec.MAX_LIST_LENGTH));
        for (InetSocketAddress endpoint : m.nmsEndpoints()) {
            FieldWriter.endpoint(group.next().endpoint(), endpoint);
        }
        byte[] commonKey = FieldWriter.data(m.commonKey());
        byte[] certificate = FieldWriter.data(m.certificate());
        byte[] relays = RelayFields.encodeServers(m.relays());
        e.putCommonKey(commonKey, 0, commonKey.length);
        e.putCertificate(certificate, 0, certificate.length);
        e.putRelays(relays, 0, relays.length);
        return e.encodedLength();
    }

    static LoginResponse loginResponse(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        LoginResponseDecoder d = new LoginResponseDecoder().wrapAndApplyHeader(buffer, 0, header);
        List<InetSocketAddress> endpoints = new ArrayList<>();
        for (var group = d.nmsEndpoints(); group.hasNext(); ) {
            reader.addEndpoint(endpoints, group.next().endpoint());
        }
        return new LoginResponse(
                reader.status(d.statusRaw()),
                d.serverTimeMillis(),
                reader.id(d.nodeId()),
                d.loginId(),
                d.expiryMillis(),
                d.revocationEpoch(),
                d.keepAliveSeconds(),
                Collections.unmodifiableList(endpoints),
                reader.data(d.commonKeyLength(), d::getCommonKey),
                reader.data(d.certificateLength(), d::getCertificate),
                RelayFields.servers(reader.data(d.relaysLength(), d::getRelays), reader));
    }
}
