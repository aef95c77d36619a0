"""Answers of lxml: XPath with a function of Python, XSLT, objects, HTML, and errors."""

from lxml import etree, html, objectify

STYLE = etree.XSLT(
    etree.XML(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        '<sum><xsl:value-of select="sum(//n)"/></sum></xsl:template></xsl:stylesheet>'
    )
)


def answer(seed):
    tree = etree.XML("<all>" + "".join(f"<n i='{n}'>{n * seed}</n>" for n in range(20)) + "</all>")
    evaluate = etree.XPathEvaluator(tree, extensions={(None, "half"): lambda _, values: float(values[0].text) / 2})
    try:
        etree.XML("<open>")
    except etree.XMLSyntaxError as error:
        message = error.msg
    return (
        str(STYLE(tree)),
        evaluate("half(n[4])"),
        [element.get("i") for element in tree.iter("n")][-2:],
        html.fromstring("<p>a<b>b").text_content(),
        int(objectify.fromstring(etree.tostring(tree)).n[3]),
        message,
    )
