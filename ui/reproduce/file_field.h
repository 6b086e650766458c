#pragma once

#include <QWidget>

class QLineEdit;
class QToolButton;

namespace lora::ui {

/// A path to be typed or browsed for; empty is what its placeholder says.
class FileField : public QWidget
{
    Q_OBJECT

public:
    enum class Kind { Folder, DataFile };

    explicit FileField(Kind kind, QWidget* parent = nullptr);

    void setPlaceholder(const QString& text);
    /// What it is for, to people who do not see its label; `title`: of the dialog.
    void setNames(const QString& name, const QString& title);
    QString path() const;
    void setPath(const QString& path);
    /// Places it in the tab order; the part that is last in it.
    QWidget* tabAfter(QWidget* previous);

signals:
    /// By whomever.
    void changed();

private:
    void browse();

    const Kind m_kind;
    QString m_title;
    QLineEdit* m_path;
    QToolButton* m_browse;
};

} // namespace lora::ui
