/* Paho's MQTTClient: every QoS there and back in order, then a session that is kept over a disconnect. */
#include <MQTTClient.h>

#include "device.h"

static Heard heard = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, {{0}}};

static int arrived(void* context, char* topic, int size, MQTTClient_message* message) {
  (void)context;
  (void)size;
  hear(&heard, message->qos, message->payload, message->payloadlen);
  MQTTClient_freeMessage(&message);
  MQTTClient_free(topic);
  return 1;
}

static void check(const char* what, int code) {
  if (code != MQTTCLIENT_SUCCESS) {
    fail(what, code);
  }
}

static MQTTClient open_client(const Task* task, const char* id, int clean) {
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  create.MQTTVersion = task->version;
  MQTTClient client = NULL;
  check("create", MQTTClient_createWithOptions(&client, task->uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create));
  check("callbacks", MQTTClient_setCallbacks(client, NULL, NULL, arrived, NULL));
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  tls.trustStore = task->ca;
  tls.verify = 1;
  const int five = task->version == MQTTVERSION_5;
  MQTTClient_connectOptions v3 = MQTTClient_connectOptions_initializer;
  MQTTClient_connectOptions v5 = MQTTClient_connectOptions_initializer5;
  MQTTClient_connectOptions connect = five ? v5 : v3;
  connect.MQTTVersion = task->version;
  connect.username = task->user;
  connect.password = task->password;
  connect.keepAliveInterval = 30;
  connect.reliable = 0;  /* not one at a time */
  connect.maxInflightMessages = 100;
  connect.ssl = &tls;
  if (!five) {
    connect.cleansession = clean;
    check("connect", MQTTClient_connect(client, &connect));
    return client;
  }
  connect.cleanstart = clean;
  MQTTProperties properties = MQTTProperties_initializer;
  MQTTProperty expiry = {MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, {.integer4 = clean ? 0 : 3600}};
  MQTTProperties_add(&properties, &expiry);
  MQTTResponse answer = MQTTClient_connect5(client, &connect, &properties, NULL);
  check("connect", (int)answer.reasonCode);
  MQTTResponse_free(answer);
  MQTTProperties_free(&properties);
  return client;
}

static void subscribe(const Task* task, MQTTClient client, const char* filter) {
  if (task->version != MQTTVERSION_5) {
    check("subscribe", MQTTClient_subscribe(client, filter, 2));
    return;
  }
  MQTTResponse answer = MQTTClient_subscribe5(client, filter, 2, NULL, NULL);
  if (answer.reasonCode != MQTTREASONCODE_GRANTED_QOS_2) {
    fail("subscribe", (int)answer.reasonCode);
  }
  MQTTResponse_free(answer);
}

static MQTTClient_deliveryToken publish(const Task* task, MQTTClient client, int number, int qos) {
  char text[kMaxText];
  const int size = snprintf(text, sizeof(text), "%d", number);
  MQTTClient_deliveryToken token = 0;
  if (task->version == MQTTVERSION_5) {
    MQTTResponse answer = MQTTClient_publish5(client, task->topic, size, text, qos, 0, NULL, &token);
    check("publish", (int)answer.reasonCode);
    MQTTResponse_free(answer);
  } else {
    check("publish", MQTTClient_publish(client, task->topic, size, text, qos, 0, &token));
  }
  return token;
}

static void await_completion(MQTTClient client, MQTTClient_deliveryToken token) {
  check("completion", MQTTClient_waitForCompletion(client, token, kSeconds * 1000UL));
}

static void leave(const Task* task, MQTTClient client) {
  check("disconnect", task->version == MQTTVERSION_5
                          ? MQTTClient_disconnect5(client, 1000, MQTTREASONCODE_SUCCESS, NULL)
                          : MQTTClient_disconnect(client, 1000));
  MQTTClient_destroy(&client);
}

int main(int argc, char** argv) {
  const Task task = read_task(argc, argv);
  char filter[kMaxText];
  char kept_id[kMaxText];
  snprintf(filter, sizeof(filter), "%s/#", task.topic);
  snprintf(kept_id, sizeof(kept_id), "%s-kept", task.client_id);

  MQTTClient client = open_client(&task, task.client_id, 1);
  subscribe(&task, client, filter);
  MQTTClient_deliveryToken last[3] = {0};
  for (int number = 0; number < task.count; ++number) {
    for (int qos = 0; qos <= 2; ++qos) {
      last[qos] = publish(&task, client, number, qos);
    }
  }
  await_completion(client, last[1]);
  await_completion(client, last[2]);
  wait_for(&heard, 3 * task.count);
  for (int qos = 0; qos <= 2; ++qos) {
    check_order(&heard, qos, task.count);
  }
  check("unsubscribe", MQTTClient_unsubscribe(client, filter));

  MQTTClient kept = open_client(&task, kept_id, 0);
  subscribe(&task, kept, filter);
  leave(&task, kept);
  heard.count = 0;
  for (int number = 0; number < task.count; ++number) {
    last[2] = publish(&task, client, number, 2);
  }
  await_completion(client, last[2]);
  leave(&task, client);
  kept = open_client(&task, kept_id, 0);
  wait_for(&heard, task.count);
  check_order(&heard, 2, task.count);
  leave(&task, kept);
  puts("ok");
  return 0;
}
