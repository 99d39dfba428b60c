// Sends facts and reads events with franz-go: `interop send BROKERS binary|structured < facts`, and
// `interop receive BROKERS TOPIC COUNT`, which prints one event a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

type fact struct {
	Key    string          `json:"key"`
	ID     string          `json:"id"`
	Source string          `json:"source"`
	Type   string          `json:"type"`
	Time   string          `json:"time"`
	Data   json.RawMessage `json:"data"`
}

func main() {
	var err error
	if os.Args[1] == "send" {
		err = send(os.Args[2], os.Args[3])
	} else {
		err = receive(os.Args[2], os.Args[3], os.Args[4])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// send leaves franz-go's partitioner as it is: for records with a key it is murmur2, as the Java client's.
func send(brokers, mode string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers), kgo.DefaultProduceTopic("crm.ingest"))
	if err != nil {
		return err
	}
	defer client.Close()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var told fact
		if err := json.Unmarshal(lines.Bytes(), &told); err != nil {
			return err
		}
		if err := client.ProduceSync(context.Background(), record(told, mode)).FirstErr(); err != nil {
			return err
		}
	}
	return lines.Err()
}

func record(told fact, mode string) *kgo.Record {
	if mode == "structured" {
		event, _ := json.Marshal(map[string]any{
			"specversion": "1.0", "id": told.ID, "source": told.Source, "type": told.Type, "time": told.Time,
			"datacontenttype": "application/json", "data": told.Data,
		})
		headers := []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")}}
		return &kgo.Record{Key: []byte(told.Key), Value: event, Headers: headers}
	}
	headers := []kgo.RecordHeader{
		{Key: "ce_specversion", Value: []byte("1.0")},
		{Key: "ce_id", Value: []byte(told.ID)},
		{Key: "ce_source", Value: []byte(told.Source)},
		{Key: "ce_type", Value: []byte(told.Type)},
		{Key: "ce_time", Value: []byte(told.Time)},
		{Key: "content-type", Value: []byte("application/json")},
	}
	return &kgo.Record{Key: []byte(told.Key), Value: told.Data, Headers: headers}
}

func receive(brokers, topic, wanted string) error {
	count, err := strconv.Atoi(wanted)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	last := map[int32]uint64{} // the number of each partition that was taken last
	for count > 0 {
		fetches := client.PollFetches(context.Background())
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			headers := map[string]string{}
			for _, header := range record.Headers {
				headers[header.Key] = string(header.Value)
			}
			sequence, err := strconv.ParseUint(headers["ce_sequence"], 10, 64)
			if err != nil {
				return err
			}
			if count == 0 || sequence <= last[record.Partition] {
				continue // sent a second time
			}
			last[record.Partition] = sequence
			count--
			line, err := json.Marshal(map[string]any{
				"partition": record.Partition, "key": string(record.Key), "id": headers["ce_id"],
				"type": headers["ce_type"], "sequence": sequence, "data": json.RawMessage(record.Value),
			})
			if err != nil {
				return err
			}
			fmt.Println(string(line))
		}
	}
	return nil
}
