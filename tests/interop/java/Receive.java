// Reads events with the Kafka client and the CloudEvents SDK for Java: `java Receive.java BROKERS TOPIC COUNT` prints one a
// line.
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Receive {
  public static void main(String[] arguments) throws Exception {
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", arguments[0],
        "group.id", "interop-" + ProcessHandle.current().pid(),
        "auto.offset.reset", "earliest",
        "isolation.level", "read_committed",
        "key.deserializer", StringDeserializer.class,
        "value.deserializer", CloudEventDeserializer.class);
    ObjectMapper json = new ObjectMapper();
    Map<Integer, Long> last = new HashMap<>(); // the number of each partition that was taken last
    int missing = Integer.parseInt(arguments[2]);
    try (var consumer = new KafkaConsumer<String, CloudEvent>(settings)) {
      consumer.subscribe(List.of(arguments[1]));
      while (missing > 0) {
        for (ConsumerRecord<String, CloudEvent> record : consumer.poll(Duration.ofSeconds(1))) {
          CloudEvent event = record.value();
          long sequence = Long.parseLong((String) event.getExtension("sequence"));
          if (missing == 0 || sequence <= last.getOrDefault(record.partition(), 0L)) continue; // sent a second time
          last.put(record.partition(), sequence);
          missing--;
          System.out.println(json.writeValueAsString(Map.of(
              "partition", record.partition(),
              "key", record.key(),
              "id", event.getId(),
              "type", event.getType(),
              "sequence", sequence,
              "data", json.readTree(event.getData().toBytes()))));
        }
      }
    }
  }
}
