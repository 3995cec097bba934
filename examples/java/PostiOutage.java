import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Posti's token endpoint fails once, then works again. Against a running sandbox:
 *
 *   npx @auth/sandbox --carrier posti --control-port 4100
 *   java PostiOutage.java http://127.0.0.1:4100
 */
public class PostiOutage {
    private static final HttpClient PLAIN = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        String control = arguments[0];
        String posti = send(PLAIN, HttpRequest.newBuilder(URI.create(control + "/carriers/posti")).build()).body();
        HttpClient trusting = trusting(send(PLAIN, HttpRequest.newBuilder(URI.create(control + "/ca.pem")).build()).body());

        String pair = member(posti, "username") + ":" + member(posti, "password");
        HttpRequest token = HttpRequest.newBuilder(URI.create(member(posti, "tokenEndpoint") + "?grant_type=client_credentials"))
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(pair.getBytes("UTF-8")))
            .POST(BodyPublishers.noBody())
            .build();

        String fault = "{\"endpoint\":\"token\",\"fault\":\"unavailable\",\"times\":1}";
        send(PLAIN, HttpRequest.newBuilder(URI.create(control + "/carriers/posti/fault")).POST(BodyPublishers.ofString(fault)).build());
        System.out.println(send(trusting, token).statusCode() + " " + send(trusting, token).statusCode());
    }

    private static java.net.http.HttpResponse<String> send(HttpClient client, HttpRequest request) throws Exception {
        return client.send(request, BodyHandlers.ofString());
    }

    /** A client that trusts the sandbox's authority, and no other. */
    private static HttpClient trusting(String pem) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("sandbox", CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes("US-ASCII"))));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static String member(String json, String name) {
        var found = Pattern.compile("\"" + name + "\": *\"([^\"]*)\"").matcher(json);
        if (!found.find()) throw new IllegalStateException("there is no " + name);
        return found.group(1);
    }
}
