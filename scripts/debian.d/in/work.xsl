<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="/"><xsl:for-each select="//name"><xsl:sort/><xsl:value-of select="concat(., ' ', @age, '&#10;')"/></xsl:for-each></xsl:template>
</xsl:stylesheet>
