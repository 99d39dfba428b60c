// Sends facts with the Kafka client and the CloudEvents SDK for Java: `java Send.java BROKERS binary|structured < facts`.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.CloudEventSerializer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

public class Send {
  public static void main(String[] arguments) throws Exception {
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", arguments[0],
        "acks", "all",
        "key.serializer", StringSerializer.class,
        "value.serializer", CloudEventSerializer.class,
        "cloudevents.serializer.encoding", arguments[1].toUpperCase(),
        "cloudevents.serializer.event_format", "application/cloudevents+json");
    ObjectMapper json = new ObjectMapper();
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var producer = new KafkaProducer<String, CloudEvent>(settings)) {
      for (String line; (line = lines.readLine()) != null; ) {
        JsonNode fact = json.readTree(line);
        String key = fact.get("key").asText();
        CloudEvent event = CloudEventBuilder.v1()
            .withId(fact.get("id").asText())
            .withSource(URI.create(fact.get("source").asText()))
            .withType(fact.get("type").asText())
            .withTime(OffsetDateTime.parse(fact.get("time").asText()))
            .withExtension("partitionkey", key)
            .withData("application/json", json.writeValueAsBytes(fact.get("data")))
            .build();
        producer.send(new ProducerRecord<>("crm.ingest", key, event)).get();
      }
    }
  }
}
