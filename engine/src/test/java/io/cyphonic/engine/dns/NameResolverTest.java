package io.cyphonic.engine.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.dns.DnsCounters.Event;
import io.cyphonic.signaling.protocol.Id128;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

@Timeout(30)
class NameResolverTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final Inet4Address BOB4 = (Inet4Address) InetAddress.ofLiteral("10.121.0.3");
    private static final Inet6Address BOB6 = (Inet6Address) InetAddress.ofLiteral("fd00::3");
    private static final Membership SELF =
            new Membership(
                    new Id128(1, 2),
                    "alice.cyphonic.internal",
                    "cyphonic.internal",
                    (Inet4Address) InetAddress.ofLiteral("10.121.0.2"),
                    16,
                    (Inet6Address) InetAddress.ofLiteral("fd00::2"),
                    64);

    private final FakeControlPlane control = new FakeControlPlane();
    private DatagramSocket upstream;
    private NameResolver resolver;

    @BeforeEach
    void open() throws IOException {
        upstream = new DatagramSocket(0, LOOPBACK);
        resolver =
                NameResolver.open(
                        SELF,
                        control,
                        List.of(new InetSocketAddress(LOOPBACK, 0)),
                        List.of((InetSocketAddress) upstream.getLocalSocketAddress()));
    }

    @AfterEach
    void close() {
        resolver.close();
        upstream.close();
    }

    @Test
    void shouldHoldTheAnswerUntilTheTunnelIsUp() throws Exception {
        control.name("bob.cyphonic.internal");

        CompletableFuture<Message> answer = askLater("bob.cyphonic.internal", Type.A);
        await(() -> control.asked().contains("bob.cyphonic.internal"));
        assertThat(answer).isNotDone();
        bobIsUp();
        Message message = answer.get(5, TimeUnit.SECONDS);

        ARecord record = (ARecord) message.getSection(Section.ANSWER).getFirst();
        assertThat(record.getAddress()).isEqualTo(BOB4);
        assertThat(record.getTTL()).isEqualTo(10);
        assertThat(message.getHeader().getFlag(Flags.AA)).isTrue();
        assertThat(resolver.counters().snapshot()).containsEntry(Event.ANSWERED, 1L);
    }

    @Test
    void shouldAnswerAaaaOverTcp() throws Exception {
        bobIsUp();
        SimpleResolver client = client();
        client.setTCP(true);

        Message message = client.send(query("bob.cyphonic.internal", Type.AAAA));

        AAAARecord record = (AAAARecord) message.getSection(Section.ANSWER).getFirst();
        assertThat(record.getAddress()).isEqualTo(BOB6);
    }

    @Test
    void shouldRepeatTheCaseOfTheQuestionWhenItIsMixed() throws Exception {
        bobIsUp();

        Message message = client().send(query("bOb.CYPHONIC.iNTERNAL", Type.A));

        assertThat(message.getQuestion().getName().toString()).isEqualTo("bOb.CYPHONIC.iNTERNAL.");
        assertThat(message.getSection(Section.ANSWER).getFirst().getName().toString())
                .isEqualTo("bOb.CYPHONIC.iNTERNAL.");
        assertThat(control.asked()).containsExactly("bob.cyphonic.internal");
    }

    @Test
    void shouldSayNxdomainWithTheZonesSoaWhenTheNameIsUnknown() throws Exception {
        Message message = client().send(query("carol.cyphonic.internal", Type.A));

        assertThat(message.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(message.getSection(Section.ANSWER)).isEmpty();
        Record authority = message.getSection(Section.AUTHORITY).getFirst();
        assertThat(authority.getType()).isEqualTo(Type.SOA);
        assertThat(authority.getName().toString()).isEqualTo("cyphonic.internal.");
    }

    @Test
    void shouldSayNxdomainWithoutAskingTheCloudWhenTheNameCannotBeOne() throws Exception {
        Message message = client().send(query("b\\000b.cyphonic.internal", Type.A));

        assertThat(message.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(control.asked()).isEmpty();
    }

    @Test
    void shouldAnswerEmptyWhenAKnownNameHasNoSuchRecord() throws Exception {
        bobIsUp();

        Message message = client().send(query("bob.cyphonic.internal", Type.MX));

        assertThat(message.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(message.getSection(Section.ANSWER)).isEmpty();
        assertThat(message.getSection(Section.AUTHORITY).getFirst().getType()).isEqualTo(Type.SOA);
    }

    @Test
    void shouldSayServfailWhenThePeerCannotBeReached() throws Exception {
        control.name("bob.cyphonic.internal").complete(new Reached.Unreachable("is offline"));
        SimpleResolver client = client();
        client.setEDNS(0);

        Message message = client.send(query("bob.cyphonic.internal", Type.A));

        assertThat(message.getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(message.getOPT().getOptions().getFirst().toString()).contains("is offline");
    }

    @Test
    void shouldGiveUpInTimeWhenTheTunnelDoesNotComeUp() {
        control.name("bob.cyphonic.internal");
        ZoneAnswers answers = new ZoneAnswers(SELF, control, Duration.ofMillis(10));
        Reply reply = new Reply(query("bob.cyphonic.internal", Type.A));

        Event event = answers.answer(DnsNames.absolute("bob.cyphonic.internal"), Type.A, reply);

        assertThat(event).isEqualTo(Event.UNREACHABLE);
    }

    @Test
    void shouldAnswerForItselfWithoutTheCloud() throws Exception {
        Message message = client().send(query("alice.cyphonic.internal", Type.A));

        ARecord record = (ARecord) message.getSection(Section.ANSWER).getFirst();
        assertThat(record.getAddress()).isEqualTo(SELF.virtualIpv4());
        assertThat(control.asked()).isEmpty();
    }

    @Test
    void shouldForwardOtherZonesWhenTheSuffixMatchesOnlyByLetters() throws Exception {
        CompletableFuture<Message> answer = askLater("notcyphonic.internal", Type.A);

        byte[] reply = receiveUpstream();
        reply[2] |= (byte) 0x80;
        reply[3] = (byte) Rcode.NXDOMAIN;
        sendUpstream(reply);
        Message message = answer.get(5, TimeUnit.SECONDS);

        assertThat(message.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(control.asked()).isEmpty();
        assertThat(resolver.counters().snapshot()).containsEntry(Event.FORWARDED, 1L);
    }

    @Test
    void shouldSayServfailWhenNoUpstreamServerAnswers() throws Exception {
        upstream.close();

        Message message = client().send(query("example.org", Type.A));

        assertThat(message.getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(resolver.counters().snapshot()).containsEntry(Event.NOT_FORWARDED, 1L);
    }

    @Test
    void shouldServeNobodyButItsHost() {
        assertThat(NameResolver.mayAsk(SELF, LOOPBACK)).isTrue();
        assertThat(NameResolver.mayAsk(SELF, SELF.virtualIpv4())).isTrue();
        assertThat(NameResolver.mayAsk(SELF, SELF.virtualIpv6())).isTrue();
        assertThat(NameResolver.mayAsk(SELF, BOB4)).isFalse();
        assertThat(NameResolver.mayAsk(SELF, BOB6)).isFalse();
        assertThat(NameResolver.mayAsk(SELF, InetAddress.ofLiteral("192.0.2.77"))).isFalse();
    }

    @Test
    void shouldWaitForTheRightAnswerWhenAnotherComesFirst() throws Exception {
        CompletableFuture<Message> answer = askLater("example.org", Type.A);

        byte[] reply = receiveUpstream();
        reply[2] |= (byte) 0x80;
        byte[] otherId = reply.clone();
        otherId[0] ^= 1;
        sendUpstream(otherId);
        byte[] otherQuestion = reply.clone();
        otherQuestion[13] = 'x';
        sendUpstream(otherQuestion);
        byte[] right = reply.clone();
        right[3] = (byte) Rcode.NXDOMAIN;
        sendUpstream(right);

        assertThat(answer.get(5, TimeUnit.SECONDS).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void shouldNotTakeAnAnswerToAnotherQuestion() {
        byte[] query = query("example.org", Type.A).toWire();
        byte[] answer = query.clone();
        answer[2] |= (byte) 0x80;

        assertThat(UpstreamServers.belongsTo(answer, query)).isTrue();
        answer[13] = 'E';
        assertThat(UpstreamServers.belongsTo(answer, query)).as("case").isTrue();
        for (int i : new int[] {0, 1, 4, 5, 12, 14, query.length - 15}) {
            byte[] changed = answer.clone();
            changed[i] ^= 1;
            assertThat(UpstreamServers.belongsTo(changed, query)).as("byte %d", i).isFalse();
        }
        for (int length = 0; length < answer.length; length++) {
            // Short or noisy bytes on either side: no exception.
            UpstreamServers.belongsTo(Arrays.copyOf(answer, length), query);
            UpstreamServers.belongsTo(answer, Arrays.copyOf(query, length));
        }
    }

    @Test
    void shouldTurnVirtualAddressesBackIntoNames() throws Exception {
        control.peers = List.of(peer());

        Message own = client().send(reverse(SELF.virtualIpv4()));
        Message known = client().send(reverse(BOB6));
        Message unknown = client().send(reverse(InetAddress.ofLiteral("10.121.9.9")));

        assertThat(((PTRRecord) own.getSection(Section.ANSWER).getFirst()).getTarget().toString())
                .isEqualTo("alice.cyphonic.internal.");
        assertThat(((PTRRecord) known.getSection(Section.ANSWER).getFirst()).getTarget().toString())
                .isEqualTo("bob.cyphonic.internal.");
        assertThat(unknown.getRcode()).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void shouldRefuseOtherOpcodesAndTransfers() throws Exception {
        Message notify = query("cyphonic.internal", Type.SOA);
        notify.getHeader().setOpcode(Opcode.NOTIFY);
        SimpleResolver stream = client();
        stream.setTCP(true);

        assertThat(client().send(notify).getRcode()).isEqualTo(Rcode.NOTIMP);
        assertThat(handle(query("cyphonic.internal", Type.AXFR)).getRcode())
                .isEqualTo(Rcode.REFUSED);
    }

    @Test
    void shouldNeverThrowAndMoveOneCounterWhenGivenNoise() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        DnsCounters counters = new DnsCounters();
        QueryHandler handler = handler(counters);
        byte[] valid = query("carol.cyphonic.internal", Type.A).toWire();

        for (int round = 1; round <= 5000; round++) {
            byte[] noise = new byte[random.nextInt(80)];
            random.nextBytes(noise);
            if (round % 2 == 0) {
                noise = valid.clone();
                for (int flips = 0; flips <= random.nextInt(4); flips++) {
                    noise[random.nextInt(noise.length)] = (byte) random.nextInt();
                }
            }
            handler.answer(noise, random.nextBoolean());

            long moved = counters.snapshot().values().stream().mapToLong(Long::longValue).sum();
            assertThat(moved).as("seed %d round %d", seed, round).isEqualTo(round);
        }
    }

    @Test
    void shouldNameTheAddressAndTheKeyWhenItCannotListen() {
        InetSocketAddress taken = resolver.addresses().getFirst();

        assertThatThrownBy(() -> NameResolver.open(SELF, control, List.of(taken), List.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:" + taken.getPort())
                .hasMessageContaining("dns.listen");
    }

    private void bobIsUp() {
        control.name("bob.cyphonic.internal")
                .complete(new Reached.Up("bob.cyphonic.internal", BOB4, BOB6));
    }

    private static ControlPlane.Peer peer() {
        return new ControlPlane.Peer(
                "bob.cyphonic.internal",
                BOB4,
                BOB6,
                ControlPlane.PeerState.UP,
                ControlPlane.PathKind.DIRECT,
                null,
                Double.NaN,
                1400,
                -1,
                0,
                0,
                0,
                0);
    }

    private QueryHandler handler(DnsCounters counters) {
        return new QueryHandler(
                new ZoneAnswers(SELF, control, Duration.ofMillis(1)),
                new ReverseAnswers(SELF, control),
                (_, _) -> java.util.Optional.empty(),
                counters);
    }

    private Message handle(Message query) throws IOException {
        return new Message(handler(new DnsCounters()).answer(query.toWire(), true));
    }

    private SimpleResolver client() throws IOException {
        SimpleResolver client = new SimpleResolver(resolver.addresses().getFirst());
        client.setTimeout(Duration.ofSeconds(10));
        return client;
    }

    private CompletableFuture<Message> askLater(String name, int type) throws IOException {
        return client().sendAsync(query(name, type)).toCompletableFuture();
    }

    private static Message query(String name, int type) {
        Name absolute = DnsNames.absolute(name);
        return Message.newQuery(Record.newRecord(absolute, type, DClass.IN));
    }

    private static Message reverse(InetAddress address) {
        return Message.newQuery(
                Record.newRecord(ReverseMap.fromAddress(address), Type.PTR, DClass.IN));
    }

    private InetSocketAddress upstreamClient;

    private byte[] receiveUpstream() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        upstream.receive(packet);
        upstreamClient = (InetSocketAddress) packet.getSocketAddress();
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private void sendUpstream(byte[] reply) throws IOException {
        upstream.send(new DatagramPacket(reply, reply.length, upstreamClient));
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("waited too long").isNegative();
            Thread.onSpinWait();
        }
    }
}
