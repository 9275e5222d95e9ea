"""What ./demo --once checks, through the door a browser uses: login, cookie, secure WebSocket."""

import json

from owb import mqtt
from owb.mqtt import SESSION_EXPIRY
from owb.stream import Refused
from owb.wait import seconds, until
from owb.web import Browser

LIVE_SECONDS = 45  # a bridge that found the broker too early tries again after some seconds
CLOCK = {"1.9": "system/Timestamp", "2.x": "system/time"}
POWER = {"1.9": ("evu/W", "pv/W", "global/WHouseConsumption", "lp/1/W"),
         "2.x": ("counter/0/get/power", "pv/get/power", "counter/set/home_consumption", "chargepoint/3/get/power")}
TEMPLATE = "chargepoint/3/set/charge_template"
NOT_AUTHORIZED = 0x87
FORBIDDEN_WORDS = ("secret-of-the",)  # the simulated homes hold secrets, as real ones do; none may come out here


def require(truth, what):
    if not truth:
        raise AssertionError(what)


def log_in(web, name, password):
    browser = Browser(web)
    response = browser.login(name, password)
    require(response.status == 303, f"login of {name}: HTTP {response.status} instead of 303")
    require(browser.cookie, f"login of {name}: no session cookie came")
    session = browser.get("/api/session", [("Accept", "application/json")])
    require(session.status == 200, f"/api/session of {name}: HTTP {session.status}")
    require(name in session.text, f"/api/session does not name {name}: {session.text}")
    return browser


def check_owner(web, name, password, version, other):
    """Logs in, sees live values of the own home, obeys-and-confirms one order, sees nothing of `other`."""
    browser = log_in(web, name, password)
    page = browser.get("/")
    require(page.status == 200 and "text/html" in (page.header("content-type") or ""),
            f"the dashboard's page: HTTP {page.status}")
    client = browser.mqtt()
    answer = client.connect(f"web-demo-{name}", props={SESSION_EXPIRY: 0})
    require(answer.code == 0, f"MQTT over wss with {name}'s cookie: CONNECT refused with {answer.code:#x}")
    require(client.subscribe([f"{other}/#"]) == [NOT_AUTHORIZED], f"{name} may subscribe to {other}'s topics")
    require(client.subscribe(["#"])[0] < 0x80, "a subscription to # was refused")

    seen = {}
    clocks = set()

    def live():
        take_messages(client, name, seen)
        clocks.add(seen.get(f"{name}/openWB/{CLOCK[version]}"))
        missing = [topic for topic in POWER[version] if f"{name}/openWB/{topic}" not in seen]
        return not missing and len(clocks - {None}) >= 2

    until(live, f"live values of {name}'s openWB {version} to arrive", LIVE_SECONDS, interval=0.2)
    for topic in POWER[version]:
        float(seen[f"{name}/openWB/{topic}"])
    order(client, name, version, seen)

    client.close()
    log_out(web, browser, name)


def log_out(web, browser, name):
    replay = Browser(web)
    replay.cookie = browser.cookie
    response = browser.post("/logout")
    require(response.status == 303, f"logout of {name}: HTTP {response.status} instead of 303")
    status = replay.get("/api/session", [("Accept", "application/json")]).status
    require(status == 401, f"/api/session with {name}'s cookie after the logout: HTTP {status} instead of 401")


def take_messages(client, name, seen):
    for message in client.receive_all():
        require(message.topic.startswith(f"{name}/"), f"{name} received {message.topic}")
        for word in FORBIDDEN_WORDS:
            require(word not in message.text, f"a secret of the home came out at {message.topic}")
        seen[message.topic] = message.text


def order(client, name, version, seen):
    """Switches to instant charging and waits until the home has confirmed it on its status topic."""
    root = f"{name}/openWB/"
    if version == "1.9":
        code = client.publish(f"{root}set/ChargeMode", "0", qos=1)

        def confirmed():
            return seen.get(f"{root}global/ChargeMode") == "0"
    else:
        template = json.loads(seen[f"{root}{TEMPLATE}"])
        template["chargemode"]["selected"] = "instant_charging"
        code = client.publish(f"{root}set/{TEMPLATE}", json.dumps(template), qos=1)

        def confirmed():
            now = json.loads(seen[f"{root}{TEMPLATE}"])
            return now["chargemode"]["selected"] == "instant_charging"

    require(code < 0x80, f"the order of {name} was refused with {code:#x}")

    def done():
        take_messages(client, name, seen)
        return confirmed()

    until(done, f"the home of {name} to confirm the charge mode", seconds(15), interval=0.2)


def check_strangers(web):
    """No cookie, no password: no data. A page of somebody else cannot use a visitor's cookie."""
    answer = web.mqtt(mqtt.V5).connect("stranger")
    require(answer.code in (0x86, NOT_AUTHORIZED), f"CONNECT without any credential: {answer.code:#x}")
    response = Browser(web).get("/")
    require(response.status == 303 and (response.header("location") or "").startswith("/login"),
            f"the page without a cookie: HTTP {response.status}, {response.header('location')}")
    forged = Browser(web)
    forged.cookie = "AAAA"
    try:
        forged.mqtt()
        raise AssertionError("a forged cookie was accepted for a WebSocket")
    except Refused as refused:
        require(refused.status == 401, f"a forged cookie: HTTP {refused.status} instead of 401")
