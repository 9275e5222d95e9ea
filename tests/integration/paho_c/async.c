/* Paho's MQTTAsync: as many publications under way as it likes, heard in order; then a session that is kept. */
#include <MQTTAsync.h>

#include "device.h"

static Heard heard = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, {{0}}};
/* The ends of calls, told by Paho's threads; a failure ends the program. */
static Heard ended = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, {{0}}};

static int arrived(void* context, char* topic, int size, MQTTAsync_message* message) {
  (void)context;
  (void)size;
  hear(&heard, message->qos, message->payload, message->payloadlen);
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

static void done(void* context, MQTTAsync_successData* data) {
  (void)context;
  (void)data;
  hear(&ended, 0, "", 0);
}

static void done5(void* context, MQTTAsync_successData5* data) {
  (void)context;
  (void)data;
  hear(&ended, 0, "", 0);
}

static void failed(void* context, MQTTAsync_failureData* data) { fail((const char*)context, data ? data->code : -1); }

static void failed5(void* context, MQTTAsync_failureData5* data) {
  fail((const char*)context, data ? (int)data->reasonCode : -1);
}

static void check(const char* what, int code) {
  if (code != MQTTASYNC_SUCCESS) {
    fail(what, code);
  }
}

static MQTTAsync_responseOptions response(const Task* task, const char* what) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.context = (void*)what;
  if (task->version == MQTTVERSION_5) {
    options.onSuccess5 = done5;
    options.onFailure5 = failed5;
  } else {
    options.onSuccess = done;
    options.onFailure = failed;
  }
  return options;
}

static void expect_end(void) {
  wait_for(&ended, 1);
  ended.count = 0;
}

static MQTTAsync open_client(const Task* task, const char* id, int clean) {
  MQTTAsync_createOptions v3create = MQTTAsync_createOptions_initializer;
  MQTTAsync_createOptions v5create = MQTTAsync_createOptions_initializer5;
  const int five = task->version == MQTTVERSION_5;
  MQTTAsync_createOptions create = five ? v5create : v3create;
  create.MQTTVersion = task->version;
  MQTTAsync client = NULL;
  check("create", MQTTAsync_createWithOptions(&client, task->uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create));
  check("callbacks", MQTTAsync_setCallbacks(client, NULL, NULL, arrived, NULL));
  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  tls.trustStore = task->ca;
  tls.verify = 1;
  MQTTAsync_connectOptions v3 = MQTTAsync_connectOptions_initializer;
  MQTTAsync_connectOptions v5 = MQTTAsync_connectOptions_initializer5;
  MQTTAsync_connectOptions connect = five ? v5 : v3;
  connect.MQTTVersion = task->version;
  connect.username = task->user;
  connect.password = task->password;
  connect.keepAliveInterval = 30;
  connect.maxInflight = 100;
  connect.ssl = &tls;
  connect.context = (void*)"connect";
  MQTTProperties properties = MQTTProperties_initializer;
  if (five) {
    MQTTProperty expiry = {MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, {.integer4 = clean ? 0 : 3600}};
    MQTTProperties_add(&properties, &expiry);
    connect.cleanstart = clean;
    connect.connectProperties = &properties;
    connect.onSuccess5 = done5;
    connect.onFailure5 = failed5;
  } else {
    connect.cleansession = clean;
    connect.onSuccess = done;
    connect.onFailure = failed;
  }
  check("connect", MQTTAsync_connect(client, &connect));
  expect_end();
  MQTTProperties_free(&properties);
  return client;
}

static void subscribe(const Task* task, MQTTAsync client, const char* filter) {
  MQTTAsync_responseOptions options = response(task, "subscribe");
  check("subscribe", MQTTAsync_subscribe(client, filter, 2, &options));
  expect_end();
}

static void publish(const Task* task, MQTTAsync client, int number, int qos) {
  char text[kMaxText];
  const int size = snprintf(text, sizeof(text), "%d", number);
  MQTTAsync_responseOptions options = response(task, "publish");
  check("publish", MQTTAsync_send(client, task->topic, size, text, qos, 0, &options));
}

static void leave(const Task* task, MQTTAsync client) {
  MQTTAsync_disconnectOptions v3 = MQTTAsync_disconnectOptions_initializer;
  MQTTAsync_disconnectOptions v5 = MQTTAsync_disconnectOptions_initializer5;
  MQTTAsync_disconnectOptions options = task->version == MQTTVERSION_5 ? v5 : v3;
  options.context = (void*)"disconnect";
  if (task->version == MQTTVERSION_5) {
    options.onSuccess5 = done5;
    options.onFailure5 = failed5;
  } else {
    options.onSuccess = done;
    options.onFailure = failed;
  }
  check("disconnect", MQTTAsync_disconnect(client, &options));
  expect_end();
  MQTTAsync_destroy(&client);
}

int main(int argc, char** argv) {
  const Task task = read_task(argc, argv);
  char filter[kMaxText];
  char kept_id[kMaxText];
  snprintf(filter, sizeof(filter), "%s/#", task.topic);
  snprintf(kept_id, sizeof(kept_id), "%s-kept", task.client_id);

  MQTTAsync client = open_client(&task, task.client_id, 1);
  subscribe(&task, client, filter);
  for (int number = 0; number < task.count; ++number) {
    for (int qos = 0; qos <= 2; ++qos) {
      publish(&task, client, number, qos);
    }
  }
  wait_for(&ended, 3 * task.count);
  wait_for(&heard, 3 * task.count);
  for (int qos = 0; qos <= 2; ++qos) {
    check_order(&heard, qos, task.count);
  }
  ended.count = 0;

  MQTTAsync kept = open_client(&task, kept_id, 0);
  subscribe(&task, kept, filter);
  leave(&task, kept);
  MQTTAsync_responseOptions options = response(&task, "unsubscribe");
  check("unsubscribe", MQTTAsync_unsubscribe(client, filter, &options));
  expect_end();
  heard.count = 0;
  for (int number = 0; number < task.count; ++number) {
    publish(&task, client, number, 2);
  }
  wait_for(&ended, task.count);
  ended.count = 0;
  leave(&task, client);
  kept = open_client(&task, kept_id, 0);
  wait_for(&heard, task.count);
  check_order(&heard, 2, task.count);
  leave(&task, kept);
  puts("ok");
  return 0;
}
