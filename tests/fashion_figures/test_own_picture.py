"""The picture that is kept on the device for all figures: the module, in Node, with a storage."""

import base64
import json
import subprocess

import pytest

from fashion_figures.host.linker import FOLDER

# A page has a storage and events; this one's storage can be full.
SCRIPT = """
const store = new Map();
let isFull = false;
const storage = {
  getItem: (key) => store.get(key) ?? null,
  removeItem: (key) => store.delete(key),
  setItem(key, value) {
    if (isFull) throw new DOMException("", "QuotaExceededError");
    store.set(key, value);
  },
};
Object.defineProperty(globalThis, "localStorage", { value: storage });
const page = new EventTarget();
globalThis.dispatchEvent = (event) => page.dispatchEvent(event);
const own = await import(process.argv[2]);
const undo = [];
const figure = {
  on(target, type, listener) {
    page.addEventListener(type, listener);
    undo.push(() => page.removeEventListener(type, listener));
  },
};
const told = [];
own.followOwnPicture(figure, (picture) => told.push(picture && [picture.title, picture.pixels[3]]));
const pixels = Uint8Array.from({ length: 784 }, (_, n) => n % 256);
const results = { kept: own.keepOwnPicture({ pixels, title: "Coat" }) };
results.stored = JSON.parse(store.get("fashion-course:own-picture"));
results.same = own.ownPicture().pixels.every((value, n) => value === pixels[n]);
pixels[3] = 99;
own.keepOwnPicture({ pixels, title: "Bag" });
isFull = true;
pixels[3] = 100;
results.full = own.keepOwnPicture({ pixels, title: "Bag" });
results.afterFull = own.ownPicture().pixels[3];
own.forgetOwnPicture();
const meanwhile = { pixels: btoa(String.fromCharCode(...pixels)), title: "On another page" };
isFull = false;
storage.setItem("fashion-course:own-picture", JSON.stringify(meanwhile));
page.dispatchEvent(new Event("pageshow"));
for (const action of undo) action();
own.keepOwnPicture({ pixels, title: "Nobody hears of this" });
results.told = told;
try { own.keepOwnPicture({ pixels: pixels.subarray(1), title: "" }); }
catch (error) { results.short = error.name; }
results.damaged = ["no JSON", "null", "7", "{}", '{"pixels":"AAAA","title":"x"}',
  '{"pixels":"*","title":"x"}', '{"pixels":[1],"title":"x"}'].map((text) => {
  store.set("fashion-course:own-picture", text);
  return own.ownPicture();
});
console.log(JSON.stringify(results));
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    script = tmp_path_factory.mktemp("own") / "run.mjs"
    script.write_text(SCRIPT)
    command = ["node", script, (FOLDER / "shared" / "own_picture.mjs").as_uri()]
    return json.loads(subprocess.check_output(command, text=True))


def test_what_is_kept_comes_back(results):
    assert results["kept"] is True
    assert results["same"] is True
    assert base64.b64decode(results["stored"]["pixels"]) == bytes(n % 256 for n in range(784))
    assert results["stored"]["title"] == "Coat"


def test_a_storage_that_is_full_keeps_the_picture_before_and_says_so(results):
    assert results["full"] is False
    assert results["afterFull"] == 99


def test_who_follows_is_told_of_each_change_until_the_end(results):
    changes = [["Coat", 3], ["Bag", 99], ["Bag", 99], None, ["On another page", 100]]
    assert results["told"] == [None, *changes]


def test_what_is_no_picture_is_refused_and_never_read(results):
    assert results["short"] == "RangeError"
    assert results["damaged"] == [None] * 7
