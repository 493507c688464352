"""What a page is made of, and a text that would break one that does not escape."""

from html.parser import HTMLParser

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>\' "&amp;'
VOID = {"meta", "img", "input", "br", "hr", "link"}


class Structure(HTMLParser):
    """Collects the tags and attributes of a page, and checks that every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
