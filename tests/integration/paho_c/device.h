/* What the two Paho clients for C have in common: their command line, and what they have heard. */
#pragma once

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kMaxHeard = 1000, kMaxText = 64, kSeconds = 20 };

/** The command line: URI VERSION(3|4|5) USER PASSWORD CAFILE CLIENT_ID TOPIC COUNT. */
typedef struct {
  const char* uri;
  int version;
  const char* user;
  const char* password;
  const char* ca;
  const char* client_id;
  const char* topic;
  int count;
} Task;

static inline void fail(const char* what, int code) {
  fprintf(stderr, "%s: %d\n", what, code);
  exit(1);
}

static inline Task read_task(int argc, char** argv) {
  if (argc != 9) {
    fail("usage: URI VERSION USER PASSWORD CAFILE CLIENT_ID TOPIC COUNT", argc);
  }
  return (Task){argv[1], atoi(argv[2]), argv[3], argv[4], argv[5], argv[6], argv[7], atoi(argv[8])};
}

/** What has arrived, in order, as "QOS PAYLOAD". Thread-safe: Paho calls from a thread of its own. */
typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t more;
  int count;
  char text[kMaxHeard][kMaxText];
} Heard;

static inline void hear(Heard* heard, int qos, const void* payload, int size) {
  pthread_mutex_lock(&heard->lock);
  if (heard->count < kMaxHeard) {
    snprintf(heard->text[heard->count++], kMaxText, "%d %.*s", qos, size, (const char*)payload);
  }
  pthread_cond_signal(&heard->more);
  pthread_mutex_unlock(&heard->lock);
}

static inline void wait_for(Heard* heard, int count) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += kSeconds;
  pthread_mutex_lock(&heard->lock);
  while (heard->count < count) {
    if (pthread_cond_timedwait(&heard->more, &heard->lock, &deadline) != 0) {
      fail("messages that came in time", heard->count);
    }
  }
  pthread_mutex_unlock(&heard->lock);
}

/** Exactly `count` messages of this QoS, "0" to count - 1, in order. */
static inline void check_order(const Heard* heard, int qos, int count) {
  int next = 0;
  for (int i = 0; i < heard->count; ++i) {
    char expected[kMaxText];
    snprintf(expected, sizeof(expected), "%d %d", qos, next);
    if (heard->text[i][0] - '0' != qos) {
      continue;
    }
    if (strcmp(heard->text[i], expected) != 0) {
      fprintf(stderr, "expected \"%s\", heard \"%s\"\n", expected, heard->text[i]);
      exit(1);
    }
    ++next;
  }
  if (next != count) {
    fail("messages of one QoS", next);
  }
}
