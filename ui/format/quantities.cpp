#include "ui/format/quantities.h"

#include <QCoreApplication>
#include <QFileInfo>

namespace lora::ui {

QString sourceName(const std::string& pathOrBuiltin)
{
    const QString text = qstr(pathOrBuiltin);
    const QString prefix = QStringLiteral("builtin:");
    if (text.startsWith(prefix))
        return QCoreApplication::translate("lora::ui", "Built-in %1").arg(text.mid(prefix.size()));
    const QString name = QFileInfo(text.endsWith(u'/') ? text.chopped(1) : text).fileName();
    return name.isEmpty() ? text : name;
}

QString metricName(const std::string& key)
{
    return qstr(key).replace(u'_', u' ');
}

} // namespace lora::ui
