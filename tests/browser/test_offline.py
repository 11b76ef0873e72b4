"""The documentation's search, in pages that are opened as files: its worker runs in a frame of the page."""

from pathlib import Path

SHIM = Path(__file__).resolve().parents[2] / "docs" / "offline" / "iframe-worker.js"
PAGE = """<!doctype html><body><p></p><script>{shim}</script><script>
const asked = {{ words: ["journal"] }};
const worker = new Worker("worker.js");
worker.onmessage = (event) => {{ document.querySelector("p").textContent = event.data + " of " + asked.words; }};
worker.postMessage(asked);
</script>"""
WORKER = """addEventListener("message", (event) => {
  event.data.words.push("changed");
  postMessage(event.data.words.join());
});"""


def test_a_page_that_is_opened_as_a_file_has_a_worker_that_gets_copies(browser, tmp_path):
    (tmp_path / "worker.js").write_text(WORKER, encoding="utf-8")
    (tmp_path / "page.html").write_text(PAGE.format(shim=SHIM.read_text(encoding="utf-8")), encoding="utf-8")
    page = browser.new_page()

    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_function("document.querySelector('p').textContent", timeout=20_000)

    assert page.text_content("p") == "journal,changed of journal"
    page.close()
